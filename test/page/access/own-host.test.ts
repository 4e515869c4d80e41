import { expect, test } from "vitest";
import { parseListenAddress } from "../../../src/page/access/listen-address.ts";
import { ownHost } from "../../../src/page/access/own-host.ts";
import { makePageIdentity } from "../page-identity.ts";

const rule = (text: string, certificate?: string) => {
  const address = parseListenAddress(text);
  return ownHost({ address, port: address.port, certificate });
};

test("on a loopback address its own names are right, with the port, and nobody else's", () => {
  const isOwn = rule("127.0.0.1:8080");
  expect(["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"].map(isOwn)).not.toContain(false);
  const foreign = ["evil.example:8080", "127.0.0.1", "127.0.0.1:8081", "127.0.0.1.evil.example:8080", "", undefined];
  expect([...foreign, "127.0.0.1:8080, evil.example", "a".repeat(9999)].map(isOwn)).not.toContain(true);
});

test("with TLS the names and addresses of the certificate are right, and the address that is listened on", () => {
  const { certificate } = makePageIdentity(["line-7.example", "*.acme.example", "10.1.2.3"]);
  const isOwn = rule("0.0.0.0:443", certificate);
  const right = ["line-7.example", "line-7.example:443", "x.acme.example:443", "10.1.2.3", "0.0.0.0:443"];
  expect(right.map(isOwn)).not.toContain(false);
  expect(
    ["line-8.example", "10.1.2.4", "x.y.acme.example", "localhost", "line-7.example:8443"].map(isOwn),
  ).not.toContain(true);
});
