import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { OnboardingError } from "../domain/error.ts";
import { startMqttBroker } from "./devices/mqtt-broker.ts";
import { type FaultRule, setFaults } from "./faults/faults.ts";
import { deliverAnswer } from "./http/deliver-answer.ts";
import { listenAgain } from "./http/listen.ts";
import { readForm } from "./http/read-form.ts";
import { RequestRefusal, refusalAnswer } from "./http/request-refusal.ts";
import type { SandboxHandler, SandboxRequest } from "./http/sandbox-request.ts";
import { sandboxHandler } from "./sandbox-handler.ts";
import type { SandboxPorts } from "./sandbox-record.ts";
import { makeSandboxState, type SandboxState, type SandboxStateOptions } from "./sandbox-state.ts";
import { addUser, type NewSandboxUser } from "./sandbox-users.ts";
import { trustFromStart } from "./trust/keep-certificate.ts";
import { type KeptCertificate, keepTrust, restoreTrust } from "./trust/keep-trust.ts";
import { makeServerIdentity, type ServerIdentity } from "./trust/sandbox-certificate.ts";

const HOST = "127.0.0.1";
/** A chain of ten RSA certificates comes in a header. */
const MAX_HEADER_BYTES = 64 * 1024;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Longer than clients keep idle connections, so that none is closed while its next request is on the way. */
const KEEP_ALIVE_MS = 120_000;

export interface SandboxOptions extends SandboxStateOptions {
  /** 0 or absent: one that is free. The same goes for the two below. */
  readonly port?: number;
  /** Where devices get their tokens: TLS with client certificates. */
  readonly deviceTokenPort?: number;
  /** MQTT over TLS with client certificates. */
  readonly mqttPort?: number;
  /** Ports from before, for those that are not asked for: one that is taken meanwhile gives way to a free one. */
  readonly portsBefore?: SandboxPorts;
  /** Absent: a new one. */
  readonly identity?: ServerIdentity;
  /** What the tenant trusted before. */
  readonly trustBefore?: readonly KeptCertificate[];
  /** Gets all trusted certificates after each change of them. */
  readonly onTrust?: (certificates: readonly KeptCertificate[]) => void;
  /** Absent: one user `admin` with every role and a random password. */
  readonly users?: readonly NewSandboxUser[];
  /** PEM certificates that are trusted from the start: ENABLED, possession proven. */
  readonly trust?: readonly string[];
  readonly faults?: readonly FaultRule[];
}

export interface RunningSandbox {
  readonly url: string;
  readonly port: number;
  readonly deviceTokenPort: number;
  readonly mqttPort: number;
  /** The authority behind the server's certificate, for the client's caFile. */
  readonly caPem: string;
  /** Of the first user. */
  readonly credentials: { readonly user: string; readonly password: string; readonly token: string };
  readonly tenant: string;
  readonly state: SandboxState;
  /** Ends the server and every connection at once. */
  close(): Promise<void>;
}

/**
 * Starts the stand-in platform on the loopback address: its API, the devices' token endpoint and its MQTT
 * broker, over TLS with an authority of its own. Throws an `OnboardingError` (usage) for a port that is
 * taken and for a certificate that cannot be trusted.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<RunningSandbox> {
  const state = makeSandboxState(options);
  const users = options.users ?? [{ userName: "admin", password: randomBytes(18).toString("base64url") }];
  const [first] = users;
  if (first === undefined) throw new OnboardingError("the sandbox needs at least one user", { code: "usage" });
  const tokens = users.map((user) => addUser(state, user));
  restoreTrust(state, options.trustBefore ?? []);
  for (const pem of options.trust ?? []) trustFromStart(state, pem);
  setFaults(state.faults, options.faults ?? []);
  const identity = options.identity ?? makeServerIdentity(Date.now());
  // The authority too, so that clients can pin it.
  const shown = { key: identity.keyPem, cert: identity.certificatePem + identity.caPem };
  const handler = keepTrust(sandboxHandler(state), state, options.onTrust ?? (() => undefined));
  const server = createServer({ ...shown, keepAliveTimeout: KEEP_ALIVE_MS }, requestListener(handler));
  const deviceServer = createServer(
    { ...shown, requestCert: true, rejectUnauthorized: false, maxHeaderSize: MAX_HEADER_BYTES },
    requestListener(handler, (socket) => {
      const leaf = socket.getPeerX509Certificate();
      return leaf === undefined ? {} : { leaf };
    }),
  );
  const opened: (() => Promise<void>)[] = [];
  const close = async () => {
    await Promise.all(opened.map((each) => each()));
  };
  const open = async (http: Server, wanted = 0, before = 0) => {
    const taken = await listenAgain(http, HOST, { port: wanted, before });
    opened.push(() => closeServer(http));
    return taken;
  };
  try {
    const port = await open(server, options.port, options.portsBefore?.port);
    const deviceTokenPort = await open(deviceServer, options.deviceTokenPort, options.portsBefore?.deviceTokenPort);
    const broker = await startMqttBroker(state, {
      ...shown,
      host: HOST,
      port: options.mqttPort ?? 0,
      before: options.portsBefore?.mqttPort ?? 0,
    });
    opened.push(() => broker.close());
    return {
      url: `https://${HOST}:${port}`,
      port,
      deviceTokenPort,
      mqttPort: broker.port,
      caPem: identity.caPem,
      credentials: { user: first.userName, password: first.password, token: tokens[0] ?? "" },
      tenant: state.tenant,
      state,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Collects each request whole, hands it to the handler and delivers what comes back. */
function requestListener(
  handler: SandboxHandler,
  peerOf?: (socket: TLSSocket) => NonNullable<SandboxRequest["peer"]>,
): (request: IncomingMessage, response: ServerResponse) => void {
  let inFlight = 0;
  return (request, response) => {
    inFlight += 1;
    let counted = true;
    // At `close` alone would be late: a client that has its answer may have sent its next request by then.
    const leave = () => {
      if (counted) inFlight -= 1;
      counted = false;
    };
    response.once("close", leave);
    const arrivedWith = inFlight;
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BODY_BYTES) chunks.push(chunk);
    });
    // A client that leaves early needs no answer.
    request.on("error", () => response.destroy());
    request.on("end", async () => {
      if (length > MAX_BODY_BYTES) {
        deliverAnswer(
          refusalAnswer(new RequestRefusal(413, "general/Payload Too Large", "The body is too large")),
          response,
          leave,
        );
        return;
      }
      const [path = "/", ...query] = (request.url ?? "/").split("?");
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
      );
      const body = Buffer.concat(chunks);
      const form = await readForm({ headers, body });
      const answer = handler({
        method: request.method ?? "GET",
        path,
        query: new URLSearchParams(query.join("?")),
        headers,
        body,
        ...(form && { form }),
        inFlight: arrivedWith,
        ...(peerOf === undefined ? {} : { peer: peerOf(request.socket as TLSSocket) }),
      });
      deliverAnswer(answer, response, leave);
    });
  };
}
