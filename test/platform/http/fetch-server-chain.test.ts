import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { fetchServerChain } from "../../../src/platform/http/fetch-server-chain.ts";
import { type Presents, startTlsServer } from "../../fixtures/tls-server.ts";

test.each<Presents>(["all", "without root", "own only", "own and root"])(
  "gives what the server presents and nothing else: %s",
  async (presents) => {
    const server = await startTlsServer(presents);
    onTestFinished(server.close);
    const chain = await fetchServerChain("127.0.0.1", server.port);
    expect(chain.map(({ raw }) => raw)).toEqual(server.presents);
  },
);

/** A TCP server that is no TLS server, on a port of its own. */
async function listen(greet: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    greet(socket);
  });
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

test.each([
  ["says nothing", () => undefined, "it did not answer within 1 s"],
  ["speaks no TLS", (socket: Socket) => socket.end("220 hello, this is SMTP\r\n"), "does not speak TLS"],
  ["hangs up", (socket: Socket) => socket.destroy(), "the connection"],
])("a server that %s is unreachable, with the reason", async (_, greet, words) => {
  const port = await listen(greet);
  await expect(fetchServerChain("127.0.0.1", port, { timeoutMs: 1000 })).rejects.toMatchObject({
    code: "platform-unreachable",
    message: expect.stringContaining(words),
  });
});

test("a port where nothing listens is unreachable", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  await expect(fetchServerChain("127.0.0.1", port)).rejects.toMatchObject({
    code: "platform-unreachable",
    message: expect.stringContaining("nothing listens there"),
  });
});

test("a signal stops it", async () => {
  const server = await startTlsServer();
  onTestFinished(server.close);
  const signal = AbortSignal.abort();
  await expect(fetchServerChain("127.0.0.1", server.port, { signal })).rejects.toMatchObject({ code: "stopped" });
});
