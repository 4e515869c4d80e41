import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { generate, type IConnectPacket, type Packet, parser } from "mqtt-packet";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { MAX_PAYLOAD_BYTES } from "../../../src/sandbox/devices/smart-rest.ts";
import { type RunningSandbox, startSandbox } from "../../../src/sandbox/serve-sandbox.ts";
import { makeDeviceKey, type TestDevice } from "../../fixtures/make-device-key.ts";
import { makeIssuer, pemOf, type TestIssuer } from "../../fixtures/make-issuer.ts";

let issuer: TestIssuer;
let device: TestDevice;
let sandbox: RunningSandbox;
const open: TLSSocket[] = [];

beforeAll(async () => {
  issuer = await makeIssuer();
  device = makeDeviceKey(issuer);
  sandbox = await startSandbox({ trust: issuer.chain.slice(1).map((anchor) => pemOf(anchor)) });
  for (const stored of sandbox.state.certificates.values()) stored.autoRegistrationEnabled = true;
});
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await sandbox.close();
});
beforeEach(() => {
  sandbox.state.connections.length = 0;
});

/** A client that says what it is told, without any care for the rules. */
async function connectRaw(withCertificate = true) {
  const key = pem("PRIVATE KEY", device.pkcs8);
  const cert = pemOf(device.certificate, ...issuer.chain);
  const socket = connect({
    host: "127.0.0.1",
    port: sandbox.mqttPort,
    ca: sandbox.caPem,
    ...(withCertificate ? { key, cert } : {}),
  });
  open.push(socket);
  await once(socket, "secureConnect");
  const reader = parser({ protocolVersion: 4 });
  const got: Packet[] = [];
  reader.on("packet", (packet: Packet) => got.push(packet));
  socket.on("data", (octets: Buffer) => reader.parse(octets));
  socket.on("error", () => undefined);
  const send = (packet: Packet) => socket.write(generate(packet));
  const until = async (fits: (packet: Packet) => boolean): Promise<Packet> => {
    for (;;) {
      const found = got.find(fits);
      if (found !== undefined) return found;
      if (socket.destroyed) throw new Error("the connection was closed");
      await Promise.race([once(socket, "data"), once(socket, "close")]);
    }
  };
  return { socket, send, until };
}

function pem(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`;
}

function hello(more: Partial<IConnectPacket> = {}): IConnectPacket {
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId: "ACME-1",
    clean: true,
    keepalive: 60,
    ...more,
  };
}

async function returnCode(packet: IConnectPacket, withCertificate = true): Promise<number | undefined> {
  const { send, until } = await connectRaw(withCertificate);
  send(packet);
  const answer = await until(({ cmd }) => cmd === "connack");
  return answer.cmd === "connack" ? answer.returnCode : undefined;
}

test.each([
  ["the device's id", hello(), 0],
  ["d: and the device's id", hello({ clientId: "d:ACME-1" }), 0],
  ["a client id that no device has", hello({ clientId: "x:ACME-1" }), 2],
  ["another device's id", hello({ clientId: "ACME-2" }), 5],
  ["a session that is to be kept", hello({ clean: false }), 5],
  ["MQTT 3.1 and a long client id", hello({ protocolId: "MQIsdp", protocolVersion: 3, clientId: "A".repeat(24) }), 5],
] as const)("CONNECT with %s", async (_what, packet, code) => {
  expect(await returnCode(packet)).toBe(code);
  expect(sandbox.state.connections).toMatchObject([{ clientId: packet.clientId, returnCode: code, userName: false }]);
});

test("CONNECT without a certificate, and under an authority that is disabled", async () => {
  expect(await returnCode(hello(), false)).toBe(5);
  for (const stored of sandbox.state.certificates.values()) stored.status = "DISABLED";
  expect(await returnCode(hello())).toBe(5);
  for (const stored of sandbox.state.certificates.values()) stored.status = "ENABLED";
  expect(sandbox.state.connections.map(({ fault }) => fault)).toEqual(["no certificate", "disabled"]);
});

async function enter() {
  const client = await connectRaw();
  client.send(hello());
  await client.until(({ cmd }) => cmd === "connack");
  return client;
}

const message = (topic: string, payload: string): Packet => ({
  cmd: "publish",
  messageId: 7,
  topic,
  payload,
  qos: 1,
  dup: false,
  retain: false,
});

test("answers come on the topics that the device listens to, and there alone", async () => {
  const { send, until } = await enter();
  send(message("s/us", "100,First,t"));
  await until(({ cmd }) => cmd === "puback");
  send({ cmd: "subscribe", messageId: 8, subscriptions: ["s/dat", "s/e", "s/us"].map((topic) => ({ topic, qos: 0 })) });
  expect(await until(({ cmd }) => cmd === "suback")).toMatchObject({ granted: [0, 0, 128] });
  send(message("s/us", "100,Again,t"));
  send(message("s/uat", ""));
  const token = await until((packet) => packet.cmd === "publish" && packet.topic === "s/dat");
  expect(token.cmd === "publish" && token.payload.toString()).toMatch(/^71,./);
  await until((packet) => packet.cmd === "publish" && packet.payload.toString() === "41,100,Device already existing");
});

test.each([
  ["a message over the limit", message("s/us", "x".repeat(MAX_PAYLOAD_BYTES + 1))],
  ["a topic that is none", message("other", "100")],
])("%s ends the connection", async (_what, packet) => {
  const { socket, send } = await enter();
  const closed = once(socket, "close");
  send(packet);
  await closed;
});

test("a message of just the limit is taken", async () => {
  const { send, until } = await enter();
  send(message("s/us", "x".repeat(MAX_PAYLOAD_BYTES)));
  await until(({ cmd }) => cmd === "puback");
});
