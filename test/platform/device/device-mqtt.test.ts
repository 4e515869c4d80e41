import type { ServerOptions } from "node:https";
import type { Packet } from "mqtt-packet";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { DeviceEndpoint, DeviceIdentity } from "../../../src/platform/device/device-endpoint.ts";
import { connectDevice, type MqttOptions } from "../../../src/platform/device/device-mqtt.ts";
import { makeIssuer, pemOf } from "../../fixtures/make-issuer.ts";
import { deviceIdentity, type Script, startMqtt } from "../tls-server.ts";

const CONNACK: Packet = { cmd: "connack", returnCode: 0, sessionPresent: false };
const ACCEPTED = { kind: "answer", value: { kind: "accepted", notes: [] } };

let identity: DeviceIdentity;
const open: (() => Promise<void>)[] = [];

beforeAll(async () => {
  identity = deviceIdentity(await makeIssuer());
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function at(script: Script, options?: ServerOptions, host?: string) {
  const server = await startMqtt(script, options, host);
  open.push(server.close);
  const connect = (more: Partial<MqttOptions> = {}, endpoint: Partial<DeviceEndpoint> = {}) =>
    connectDevice({ ...server.endpoint, ...endpoint }, identity, {
      firstMessage: "100,a,t",
      answerMs: 10_000,
      ...more,
    });
  return { connect, server };
}

/** A platform in good order; `said` is what it says to the request for a token. */
function platform(heard: Packet[], said: readonly (readonly [string, string])[]): Script {
  return (packet, reply) => {
    heard.push(packet);
    if (packet.cmd === "connect") reply(CONNACK);
    if (packet.cmd === "subscribe") reply({ cmd: "suback", messageId: packet.messageId ?? 0, granted: [0, 0] });
    if (packet.cmd === "publish" && packet.qos === 1) reply({ cmd: "puback", messageId: packet.messageId ?? 0 });
    if (packet.cmd !== "publish" || packet.topic !== "s/uat") return;
    for (const [topic, payload] of said) reply({ cmd: "publish", topic, payload, qos: 0, dup: false, retain: false });
  };
}

describe("a device that is accepted", () => {
  test("has said its id, a clean session, no user name, and its first message with an acknowledgement", async () => {
    const heard: Packet[] = [];
    const { connect } = await at(platform(heard, [["s/dat", "71,token"]]));
    expect(await connect()).toEqual(ACCEPTED);
    expect(heard[0]).toMatchObject({ cmd: "connect", clientId: "ACME-1", clean: true, protocolVersion: 4 });
    expect(heard[0]).not.toHaveProperty("username");
    expect(heard).toContainEqual(expect.objectContaining({ cmd: "publish", topic: "s/us", qos: 1 }));
    await expect.poll(() => heard.at(-1)?.cmd).toBe("disconnect");
  });

  test("sends no first message when it is given none", async () => {
    const heard: Packet[] = [];
    const { connect } = await at(platform(heard, [["s/dat", "71,token"]]));
    expect(await connectWithout(connect)).toEqual(ACCEPTED);
    expect(heard.filter(({ cmd }) => cmd === "publish")).toHaveLength(1);
  });

  test("is registered already, which is no error", async () => {
    const said = [
      ["s/e", "41,100,Device already existing"],
      ["s/dat", "71,token"],
    ] as const;
    const { connect } = await at(platform([], said));
    expect(await connect()).toEqual(ACCEPTED);
  });

  test("gets no token, which is told", async () => {
    const { connect } = await at(platform([], []));
    expect(await connect({ answerMs: 50 })).toMatchObject({
      value: { kind: "accepted", notes: [expect.stringContaining("no token over MQTT")] },
    });
  });

  test("names the server that it wants, unless that is an address", async () => {
    const named = await at(platform([], [["s/dat", "71,t"]]), {}, "localhost");
    await named.connect();
    expect(named.server.servernames).toEqual(["localhost"]);
    const numbered = await at(platform([], [["s/dat", "71,t"]]));
    await numbered.connect();
    expect(numbered.server.servernames).toEqual([false]);
  });
});

function connectWithout(connect: (more: Partial<MqttOptions>, endpoint?: Partial<DeviceEndpoint>) => unknown) {
  const more: Partial<MqttOptions> = {};
  Object.assign(more, { firstMessage: undefined });
  return connect(more);
}

describe("a device that is refused", () => {
  test.each([
    [5, "CONNACK 5: not authorized"],
    [2, "CONNACK 2: client id rejected"],
  ])("by CONNACK %i", async (returnCode, reason) => {
    const { connect } = await at((_packet, reply) => reply({ cmd: "connack", returnCode, sessionPresent: false }));
    const value = { kind: "refused", at: "connect", code: String(returnCode), reason };
    expect(await connect()).toEqual({ kind: "answer", value });
  });

  test("by a SmartREST error", async () => {
    const { connect } = await at(platform([], [["s/e", "50,100,Error on device creation"]]));
    expect(await connect()).toMatchObject({
      value: { kind: "refused", at: "message", reason: "SmartREST error: 50,100,Error on device creation" },
    });
  });

  test("by the broker hanging up, before it was accepted or after", async () => {
    const before = await at((_packet, _reply, socket) => socket.destroy());
    expect(await before.connect()).toMatchObject({ value: { kind: "refused", at: "connect", code: "closed" } });
    const after = await at((packet, reply, socket) => {
      if (packet.cmd === "connect") reply(CONNACK);
      else socket.destroy();
    });
    expect(await after.connect()).toMatchObject({ value: { kind: "refused", at: "message", code: "closed" } });
  });

  test("by a server that looks at its chain after the handshake, and hangs up without an alert", async () => {
    const other = await makeIssuer();
    const { connect } = await at(platform([], []), { rejectUnauthorized: true, ca: pemOf(...other.chain) });
    expect(await connect()).toMatchObject({ value: { kind: "refused", at: "connect", code: "closed" } });
  });
});

describe("no useful answer", () => {
  test("the broker is not available now: it may be asked again", async () => {
    const { connect } = await at((_packet, reply) => reply({ cmd: "connack", returnCode: 3, sessionPresent: false }));
    expect(await connect()).toMatchObject({ kind: "unknown", message: expect.stringContaining("not available") });
  });

  test("the broker says nothing in the time there is", async () => {
    const { connect } = await at(() => undefined);
    expect(await connect({}, { timeoutMs: 1000 })).toMatchObject({ kind: "unknown", message: /in time/ });
  });

  test("nothing listens there", async () => {
    const { connect, server } = await at(() => undefined);
    await server.close();
    open.length = 0;
    expect(await connect()).toMatchObject({ kind: "busy", status: 0 });
  });

  test("the rehearsal was stopped", async () => {
    const stop = new AbortController();
    const { connect } = await at(() => stop.abort());
    expect(await connect({ signal: stop.signal })).toMatchObject({ kind: "unknown", message: /stopped/ });
  });
});

describe("the server's certificate", () => {
  test("of an authority that the device does not trust: it does not go in", async () => {
    const heard: Packet[] = [];
    const { connect } = await at(platform(heard, []));
    const [, anchor = Buffer.alloc(0)] = identity.chain.slice(1);
    expect(await connect({}, { trust: [pemOf(anchor)] })).toMatchObject({
      kind: "answer",
      value: { kind: "server-untrusted", code: expect.stringMatching(/^UNABLE_TO_/) },
    });
    expect(heard).toEqual([]);
  });

  test("may itself be what the device trusts", async () => {
    const { connect, server } = await at(platform([], [["s/dat", "71,t"]]));
    const leaf = await serverCertificate(server.endpoint);
    expect(await connect({}, { trust: [leaf] })).toEqual(ACCEPTED);
  });
});

async function serverCertificate({ host, port, trust }: DeviceEndpoint): Promise<string> {
  const { connect } = await import("node:tls");
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ca: [...trust] }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error("no certificate"));
      else resolve(certificate.toString());
    });
    socket.once("error", reject);
  });
}
