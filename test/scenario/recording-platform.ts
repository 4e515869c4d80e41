import { X509Certificate } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server } from "node:net";
import type { TLSSocket } from "node:tls";
import { readForm } from "../../src/sandbox/http/read-form.ts";
import type { SandboxRequest } from "../../src/sandbox/http/sandbox-request.ts";
import { sandboxHandler } from "../../src/sandbox/sandbox-handler.ts";
import type { SandboxState } from "../../src/sandbox/sandbox-state.ts";
import { makeServerIdentity } from "../../src/sandbox/trust/sandbox-certificate.ts";
import type { Exchange } from "./openapi-text.ts";

export interface RecordingPlatform {
  /** Plain HTTP on the loopback. */
  readonly url: string;
  /** Asks for client certificates. */
  readonly deviceTokenPort: number;
  readonly caPem: string;
  readonly exchanges: Exchange[];
  readonly close: () => Promise<void>;
}

/** The sandbox's handler behind two servers that keep every request and every answer. */
export async function startRecording(state: SandboxState): Promise<RecordingPlatform> {
  const exchanges: Exchange[] = [];
  const handler = sandboxHandler(state);
  const listener =
    (peerOf?: (socket: TLSSocket) => NonNullable<SandboxRequest["peer"]>) =>
    (request: IncomingMessage, response: ServerResponse): void => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", async () => {
        const { method = "GET", url = "/" } = request;
        const [path = "/", query = ""] = url.split("?");
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.join(", ") : value,
          ]),
        );
        const body = Buffer.concat(chunks);
        const peer = peerOf === undefined ? {} : { peer: peerOf(request.socket as TLSSocket) };
        const form = await readForm({ headers, body });
        const answer = handler({
          method,
          path,
          query: new URLSearchParams(query),
          headers,
          body,
          ...(form && { form }),
          ...peer,
        });
        const { status, headers: answerHeaders, body: answerBody } = answer;
        exchanges.push({ method, target: url, headers, body, status, answerHeaders, answerBody });
        response.writeHead(status, answerHeaders).end(answerBody);
      });
    };
  const identity = makeServerIdentity(Date.now());
  const plain = createServer(listener());
  const secure = createTlsServer(
    {
      key: identity.keyPem,
      cert: identity.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
      maxHeaderSize: 65_536,
    },
    listener((socket) => {
      const leaf = socket.getPeerX509Certificate();
      return leaf instanceof X509Certificate ? { leaf } : {};
    }),
  );
  return {
    url: `http://127.0.0.1:${await portOf(plain)}`,
    deviceTokenPort: await portOf(secure),
    caPem: identity.caPem,
    exchanges,
    close: async () => {
      for (const server of [plain, secure]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}
