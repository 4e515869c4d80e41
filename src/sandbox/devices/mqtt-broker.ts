import type { X509Certificate } from "node:crypto";
import { createServer, type TLSSocket } from "node:tls";
import type { AuthenticateError, Client } from "aedes";
import { listenAgain, type WantedPort } from "../http/listen.ts";
import type { MqttConnection, SandboxState } from "../sandbox-state.ts";
import { judgeDevice } from "./judge-device.ts";
import { deviceOfClientId } from "./mqtt-client-id.ts";
import { isPublishTopic, isSubscribeTopic, MAX_PAYLOAD_BYTES, takeMessage } from "./smart-rest.ts";

/** Return codes of MQTT 3.1.1, 3.2.2.3. */
const BAD_CLIENT_ID = 2;
const NOT_AUTHORIZED = 5;

interface BrokerOptions extends WantedPort {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  readonly host: string;
}

interface RunningBroker {
  readonly port: number;
  close(): Promise<void>;
}

/** What is known of a connection. */
interface Session {
  readonly clientId: string;
  readonly userName: boolean;
  readonly listensTo: Set<string>;
  deviceId: string;
}

/**
 * The platform's MQTT endpoint, over TLS with client certificates: which devices are accepted, and SmartREST's first
 * words. Throws `usage` for a port that is taken.
 */
export async function startMqttBroker(state: SandboxState, options: BrokerOptions): Promise<RunningBroker> {
  const { Aedes } = await import("aedes");
  const sessions = new WeakMap<Client, Session>();
  const broker = await Aedes.createBroker({
    // MQTT 3.1 clients with a longer client id get 5 from the platform, which `authenticate` answers.
    maxClientsIdLength: Number.POSITIVE_INFINITY,
    preConnect: (client, packet, done) => {
      const userName = packet.username !== undefined;
      sessions.set(client, { clientId: packet.clientId, userName, listensTo: new Set(), deviceId: "" });
      done(null, true);
    },
    authenticate: (client, _userName, _password, done) => {
      const session = sessions.get(client);
      const entered = enter(state, client, session?.clientId ?? "");
      state.connections.push({
        atMs: state.nowMs(),
        clientId: session?.clientId ?? "",
        clean: client.clean,
        userName: session?.userName ?? false,
        returnCode: entered.returnCode,
        ...(entered.fault === undefined ? {} : { fault: entered.fault }),
      });
      if (session === undefined || entered.returnCode !== 0) done(refusal(entered.returnCode), false);
      else {
        session.deviceId = entered.deviceId;
        done(null, true);
      }
    },
    // An error here ends the connection, which is all that MQTT 3.1.1 has for it.
    authorizePublish: (_client, { topic, payload }, done) => {
      if (payload.length > MAX_PAYLOAD_BYTES) done(new Error("the message is too large"));
      else done(isPublishTopic(topic) ? null : new Error("no such topic"));
    },
    authorizeSubscribe: (client, subscription, done) => {
      const allowed = isSubscribeTopic(subscription.topic);
      if (allowed) sessions.get(client)?.listensTo.add(subscription.topic);
      done(null, allowed ? subscription : null);
    },
    published: (packet, client, done) => {
      const session = client === null ? undefined : sessions.get(client);
      done();
      if (session === undefined) return;
      for (const { topic, payload } of takeMessage(state, session.deviceId, packet.topic, packet.payload.toString())) {
        if (!session.listensTo.has(topic)) continue;
        client.publish({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false }, () => undefined);
      }
    },
  });
  const sockets = new Set<TLSSocket>();
  const server = createServer({ key: options.key, cert: options.cert, requestCert: true, rejectUnauthorized: false });
  server.on("secureConnection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    broker.handle(socket);
  });
  const port = await listenAgain(server, options.host, options);
  return {
    port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await new Promise<void>((resolve) => broker.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

type Entered = Pick<MqttConnection, "returnCode" | "fault"> & { readonly deviceId: string };

/** The platform answers 5 to every fault of a certificate, and says no more. */
function enter(state: SandboxState, client: Client, clientId: string): Entered {
  const deviceId = deviceOfClientId(clientId);
  if (deviceId === undefined) return { returnCode: BAD_CLIENT_ID, fault: "bad client id", deviceId: "" };
  const no = (fault: string): Entered => ({ returnCode: NOT_AUTHORIZED, fault, deviceId });
  if (!client.clean) return no("clean session is not set");
  if (client.version === 3 && clientId.length > 23) return no("MQTT 3.1 with a client id over 23 characters");
  const [leaf, ...presented] = peerChain(client.conn as TLSSocket);
  const verdict = judgeDevice(state, leaf, presented, deviceId);
  return verdict.kind === "accepted" ? { returnCode: 0, deviceId } : no(verdict.fault);
}

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error("not accepted"), { returnCode });
}

/** The certificates that the client has presented, its own first. */
function peerChain(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let certificate = socket.getPeerX509Certificate();
  while (certificate !== undefined && !chain.some(({ raw }) => raw.equals(certificate?.raw ?? Buffer.alloc(0)))) {
    chain.push(certificate);
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
