import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { fetchServerChain } from "../../src/platform/fetch-server-chain.ts";
import { type Presents, startTlsServer } from "../fixtures/tls-server.ts";

test.each<Presents>(["all", "without root", "own only", "own and root"])(
  "gives what the server presents and nothing else: %s",
  async (presents) => {
    const server = await startTlsServer(presents);
    onTestFinished(server.close);
    const chain = await fetchServerChain("127.0.0.1", server.port);
    expect(chain.map(({ raw }) => raw)).toEqual(server.presents);
  },
);

test("a server that says nothing is given up, one that speaks no TLS and one that is not there are told apart", async () => {
  const silent = createServer(() => undefined);
  const wrong = createServer((socket) => socket.end("220 hello, this is SMTP\r\n"));
  onTestFinished(() => {
    silent.close();
    wrong.close();
  });
  const ports: number[] = [];
  for (const server of [silent, wrong]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ports.push((server.address() as AddressInfo).port);
  }
  const [silentPort = 0, wrongPort = 0] = ports;
  const unreachable = (words: string) => ({ code: "platform-unreachable", message: expect.stringContaining(words) });
  await expect(fetchServerChain("127.0.0.1", silentPort, { timeoutMs: 200 })).rejects.toMatchObject(
    unreachable("it did not answer within 0.2 s"),
  );
  await expect(fetchServerChain("127.0.0.1", wrongPort)).rejects.toMatchObject(unreachable("does not speak TLS"));
  wrong.close();
  await once(wrong, "close");
  await expect(fetchServerChain("127.0.0.1", wrongPort)).rejects.toMatchObject(unreachable("nothing listens there"));
});

test("a signal stops it", async () => {
  const server = await startTlsServer();
  onTestFinished(server.close);
  const signal = AbortSignal.abort();
  await expect(fetchServerChain("127.0.0.1", server.port, { signal })).rejects.toMatchObject({ code: "stopped" });
});
