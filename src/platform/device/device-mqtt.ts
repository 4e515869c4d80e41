import { connect, type TLSSocket } from "node:tls";
import type { Packet } from "mqtt-packet";
import { connectionError } from "../http/connection-error.ts";
import { makeScrub } from "../http/scrub.ts";
import type { Reply } from "../platform.ts";
import {
  type DeviceAnswer,
  type DeviceEndpoint,
  type DeviceIdentity,
  deviceTls,
  tlsVerdict,
} from "./device-endpoint.ts";
import { type MqttSession, openMqttSession, SilentClose } from "./mqtt-session.ts";

const KEEP_ALIVE_SECONDS = 60;

export interface MqttOptions {
  /** The device's first SmartREST message, such as `100,<name>,<type>`; absent: none is sent. */
  readonly firstMessage?: string;
  /** How long the answer to a request for a token is waited for, in milliseconds. */
  readonly answerMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** MQTT 3.1.1, 3.2.2.3, in the platform's sense. */
const RETURN_CODES: Readonly<Record<number, string>> = {
  1: "unacceptable protocol version",
  2: "client id rejected",
  4: "bad user name or password",
  5: "not authorized",
};
const UNAVAILABLE = 3;
/** The platform says so to the first message of each device that is registered already. */
const ALREADY_THERE = "41,100,";

/**
 * Connects over MQTT as the device would, once: client id, clean session, no user name; then the first
 * message, acknowledged, and a request for a token, whose answer shows that the platform works for this
 * device. Never throws for what the platform or the network does.
 */
export async function connectDevice(
  endpoint: DeviceEndpoint,
  identity: DeviceIdentity,
  options: MqttOptions,
): Promise<Reply<DeviceAnswer>> {
  const first = await tryConnect(endpoint, identity, options);
  if (first.kind !== "silent") return first;
  // In TLS 1.3 a client is done before the server has looked at its certificate, and the server's alert
  // may get lost under what was sent after it. In TLS 1.2 the alert comes within the handshake.
  const second = await tryConnect({ ...endpoint, maxVersion: "TLSv1.2" }, identity, options);
  if (second.kind === "answer") return second;
  const reason = "the connection was closed without an answer";
  return { kind: "answer", value: { kind: "refused", at: "connect", code: "closed", reason } };
}

async function tryConnect(
  endpoint: DeviceEndpoint,
  identity: DeviceIdentity,
  options: MqttOptions,
): Promise<Reply<DeviceAnswer> | { readonly kind: "silent" }> {
  const authority = `${endpoint.host}:${endpoint.port}`;
  const deadline = AbortSignal.timeout(endpoint.timeoutMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  let secured = false;
  let entered = false;
  let socket: TLSSocket | undefined;
  try {
    socket = await openSocket(endpoint, identity, signal);
    secured = true;
    const session = openMqttSession(socket);
    const refused = await enter(session, identity.clientId, signal);
    if (refused !== undefined) return refused;
    entered = true;
    return await talk(session, options, signal);
  } catch (error) {
    if (options.signal?.aborted === true) return { kind: "unknown", message: "the rehearsal was stopped" };
    if (deadline.aborted) return { kind: "unknown", message: `${authority} did not answer in time` };
    const verdict = tlsVerdict(error);
    if (verdict !== undefined) return { kind: "answer", value: verdict };
    if (secured && !entered && isClosing(error)) return { kind: "silent" };
    if (error instanceof SilentClose) {
      const reason = "the connection was closed after it had been accepted";
      return { kind: "answer", value: { kind: "refused", at: "message", code: "closed", reason } };
    }
    return connectionError(error, authority, { timedOut: false });
  } finally {
    socket?.destroy();
  }
}

function isClosing(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return error instanceof SilentClose || code === "ECONNRESET" || code === "EPIPE";
}

function openSocket(endpoint: DeviceEndpoint, identity: DeviceIdentity, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.host, port: endpoint.port, ...deviceTls(endpoint, identity) });
    const stop = () => socket.destroy(new Error("stopped"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      signal.removeEventListener("abort", stop);
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

/** CONNECT and its answer; undefined: the device is in. */
async function enter(
  session: MqttSession,
  clientId: string,
  signal: AbortSignal,
): Promise<Reply<DeviceAnswer> | undefined> {
  session.send({
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId,
    clean: true,
    keepalive: KEEP_ALIVE_SECONDS,
  });
  const answer = await session.receive(({ cmd }) => cmd === "connack", signal);
  const code = answer.cmd === "connack" ? (answer.returnCode ?? 0) : 0;
  if (code === 0) return undefined;
  if (code === UNAVAILABLE) return { kind: "unknown", message: "CONNACK 3: the platform is not available now" };
  const reason = `CONNACK ${code}: ${RETURN_CODES[code] ?? "unknown"}`;
  return { kind: "answer", value: { kind: "refused", at: "connect", code: String(code), reason } };
}

async function talk(
  session: MqttSession,
  { firstMessage, answerMs }: MqttOptions,
  signal: AbortSignal,
): Promise<Reply<DeviceAnswer>> {
  session.send({
    cmd: "subscribe",
    messageId: 1,
    subscriptions: [
      { topic: "s/e", qos: 0 },
      { topic: "s/dat", qos: 0 },
    ],
  });
  await session.receive(({ cmd }) => cmd === "suback", signal);
  if (firstMessage !== undefined) {
    session.send({
      cmd: "publish",
      messageId: 2,
      topic: "s/us",
      payload: firstMessage,
      qos: 1,
      dup: false,
      retain: false,
    });
    await session.receive((packet) => packet.cmd === "puback" && packet.messageId === 2, signal);
  }
  session.send({ cmd: "publish", topic: "s/uat", payload: "", qos: 0, dup: false, retain: false });
  const notes: string[] = [];
  const patience = AbortSignal.timeout(answerMs);
  for (let token = false; !token; ) {
    const said = await hear(session, AbortSignal.any([signal, patience]), patience);
    if (said === undefined) {
      notes.push("it was given no token over MQTT (s/uat, s/dat)");
      break;
    }
    token = said.topic === "s/dat" && said.text.startsWith("71,");
    if (said.topic === "s/e" && !said.text.startsWith(ALREADY_THERE)) {
      const reason = `SmartREST error: ${makeScrub([])(said.text)}`;
      return { kind: "answer", value: { kind: "refused", at: "message", code: "s/e", reason } };
    }
  }
  await session.leave();
  return { kind: "answer", value: { kind: "accepted", notes } };
}

/** The next message to the device; undefined when none came in time. */
async function hear(
  session: MqttSession,
  signal: AbortSignal,
  patience: AbortSignal,
): Promise<{ readonly topic: string; readonly text: string } | undefined> {
  let packet: Packet;
  try {
    packet = await session.receive(({ cmd }) => cmd === "publish", signal);
  } catch (error) {
    if (patience.aborted && error === patience.reason) return undefined;
    throw error;
  }
  if (packet.cmd !== "publish") return undefined;
  return { topic: packet.topic, text: packet.payload.toString() };
}
