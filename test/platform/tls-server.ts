import { createPrivateKey } from "node:crypto";
import type { Server as HttpServer, RequestListener } from "node:http";
import { createServer as createHttpsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import { generate, type Packet, parser } from "mqtt-packet";
import type { DeviceEndpoint, DeviceIdentity } from "../../src/platform/device/device-endpoint.ts";
import { makeServerIdentity } from "../../src/sandbox/trust/sandbox-certificate.ts";
import { makeDeviceKey } from "../fixtures/make-device-key.ts";
import type { TestIssuer } from "../fixtures/make-issuer.ts";

export interface TlsServer {
  readonly endpoint: DeviceEndpoint;
  readonly close: () => Promise<void>;
}

const identity = makeServerIdentity(Date.now());
const SHOWN: ServerOptions = {
  key: identity.keyPem,
  cert: identity.certificatePem,
  requestCert: true,
  rejectUnauthorized: false,
};

async function start(server: Server, host: string, sockets: () => void): Promise<TlsServer> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: { host, port, trust: [identity.caPem], timeoutMs: 20_000 },
    close: async () => {
      sockets();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An HTTPS server that asks for a client certificate. */
export async function startHttps(listener: RequestListener, options: ServerOptions = {}): Promise<TlsServer> {
  const server: HttpServer = createHttpsServer({ ...SHOWN, ...options }, listener);
  return start(server, "127.0.0.1", () => server.closeAllConnections());
}

/** What a scripted broker does with a packet. */
export type Script = (packet: Packet, reply: (packet: Packet) => void, socket: TLSSocket) => void;

/** A server that speaks just as much MQTT as its script does. */
export async function startMqtt(
  script: Script,
  options: ServerOptions = {},
  host = "127.0.0.1",
): Promise<TlsServer & { readonly servernames: unknown[] }> {
  const sockets = new Set<TLSSocket>();
  const servernames: unknown[] = [];
  const server = createServer({ ...SHOWN, ...options }, (socket) => {
    sockets.add(socket);
    servernames.push(socket.servername);
    socket.on("error", () => undefined);
    const reader = parser({ protocolVersion: 4 });
    const reply = (packet: Packet) => {
      socket.write(generate(packet));
    };
    reader.on("packet", (packet: Packet) => script(packet, reply, socket));
    socket.on("data", (octets: Buffer) => reader.parse(octets));
  });
  const started = await start(server, host, () => {
    for (const socket of sockets) socket.destroy();
  });
  return { ...started, servernames };
}

/** What stands in the keystore of device ACME-1. */
export function deviceIdentity(issuer: TestIssuer): DeviceIdentity {
  const { certificate, pkcs8 } = makeDeviceKey(issuer);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  return { clientId: "ACME-1", key, chain: [certificate, ...issuer.chain] };
}
