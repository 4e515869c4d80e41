import { expect, test } from "vitest";
import { isLoopback, parseListenAddress, urlHost } from "../../../src/page/access/listen-address.ts";

test.each([
  ["127.0.0.1:8080", { host: "127.0.0.1", port: 8080, loopback: true }],
  ["[::1]:0", { host: "::1", port: 0, loopback: true }],
  ["localhost:443", { host: "localhost", port: 443, loopback: true }],
  ["0.0.0.0:8443", { host: "0.0.0.0", port: 8443, loopback: false }],
  ["[::]:8443", { host: "::", port: 8443, loopback: false }],
  ["line-pc-7.example:8443", { host: "line-pc-7.example", port: 8443, loopback: false }],
])("%s is understood", (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

test.each([
  "8080",
  ":8080",
  "127.0.0.1",
  "127.0.0.1:65536",
  "::1:80",
  "[127.0.0.1]:80",
  "a b:80",
  "http://a:80",
  "[x]:1",
])("%s is refused, with the form that is right", (text) => {
  expect(() => parseListenAddress(text)).toThrow(/--page takes HOST:PORT, such as 127\.0\.0\.1:8080/);
});

test("an address that looks like loopback and is none counts as one that others reach", () => {
  expect(["127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1", "LOCALHOST"].map(isLoopback)).not.toContain(false);
  expect(
    ["127.0.0.1.example.com", "localhost.example", "::", "0.0.0.0", "::ffff:10.0.0.1"].map(isLoopback),
  ).not.toContain(true);
});

test("an IPv6 address stands in brackets in a URL", () => {
  expect([urlHost("::1", 80), urlHost("10.0.0.1", 80)]).toEqual(["[::1]:80", "10.0.0.1:80"]);
});
