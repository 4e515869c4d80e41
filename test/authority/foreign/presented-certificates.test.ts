import { X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import {
  choosePinned,
  parseFingerprint,
  readPresented,
} from "../../../src/authority/foreign/presented-certificates.ts";
import { makeDeviceKey } from "../../fixtures/make-device-key.ts";
import { makeIssuer, pemOf } from "../../fixtures/make-issuer.ts";
import { makeCa } from "../../sandbox/make-ca.ts";

const DAY_MS = 86_400_000;
const SERVER = "mqtt.acme.example:8883";
let chain: readonly X509Certificate[];

beforeAll(async () => {
  const issuer = await makeIssuer();
  const { certificate } = makeDeviceKey(issuer, "ec-p256", "mqtt.acme.example");
  chain = [certificate, ...issuer.chain].map((der) => new X509Certificate(der));
});

test("what was presented is described certificate by certificate", () => {
  const presented = readPresented(SERVER, chain, Date.now());
  expect(
    presented.map(({ subject, issuer, authority, selfSigned }) => [subject, issuer, authority, selfSigned]),
  ).toEqual([
    ["CN=mqtt.acme.example", "CN=Line 3", false, false],
    ["CN=Line 3", "CN=Anchor", true, false],
    ["CN=Anchor", "CN=Anchor", true, true],
  ]);
  expect(presented.map(({ sha256 }) => sha256)).toEqual(
    chain.map(({ fingerprint256 }) => fingerprint256.replaceAll(":", "").toLowerCase()),
  );
  expect(presented.map(({ pem }) => pem)).toEqual(chain.map(({ raw }) => pemOf(raw)));
});

test("a chain with a link missing, or signed by another key of the same name, is refused", async () => {
  const [own, , root] = chain as [X509Certificate, X509Certificate, X509Certificate];
  const [impostor = Buffer.alloc(0)] = (await makeIssuer()).chain;
  const refused = { code: "platform-refused", message: expect.stringContaining("is not signed by the next") };
  expect(() => readPresented(SERVER, [own, root], Date.now())).toThrow(expect.objectContaining(refused));
  expect(() => readPresented(SERVER, [own, new X509Certificate(impostor)], Date.now())).toThrow(
    expect.objectContaining(refused),
  );
});

test("certificates that are not valid now are refused", () => {
  for (const nowMs of [Date.now() - 20 * DAY_MS, Date.now() + 400 * DAY_MS]) {
    expect(() => readPresented(SERVER, chain, nowMs)).toThrow(/is not valid now .*check this machine's clock/);
  }
});

test("the CAs' certificates are pinned, or with leaf the server's own", () => {
  const presented = readPresented(SERVER, chain, Date.now());
  const pinned = (leaf: boolean) => choosePinned(SERVER, presented, { leaf, fingerprint: undefined });
  expect(pinned(false).map(({ subject }) => subject)).toEqual(["CN=Line 3", "CN=Anchor"]);
  expect(pinned(true).map(({ subject }) => subject)).toEqual(["CN=mqtt.acme.example"]);
});

test("a server that presents no CA's certificate is refused, with the ways out", () => {
  const presented = readPresented(SERVER, chain.slice(0, 1), Date.now());
  expect(() => choosePinned(SERVER, presented, { leaf: false, fingerprint: undefined })).toThrow(
    /no CA's; name the CA's file in the job's truststore, or .* --leaf/,
  );
});

test("a fingerprint has to be one of the presented certificates', any of them", () => {
  const presented = readPresented(SERVER, chain, Date.now());
  for (const { sha256 } of presented) {
    expect(choosePinned(SERVER, presented, { leaf: false, fingerprint: sha256 })).toHaveLength(2);
  }
  expect(() => choosePinned(SERVER, presented, { leaf: true, fingerprint: "00".repeat(32) })).toThrow(
    expect.objectContaining({ code: "platform-refused" }),
  );
});

test("a fingerprint is read with and without colons, and nothing else is one", () => {
  const hex = "0123456789abcdef".repeat(4);
  const colons = (hex.match(/../g) ?? []).join(":").toUpperCase();
  expect([hex, colons].map(parseFingerprint)).toEqual([hex, hex]);
  expect([hex.slice(2), `${hex}00`, `sha1:${hex}`, ""].map(parseFingerprint)).toEqual(new Array(4).fill(undefined));
});

test("nothing in a presented name steers a terminal", () => {
  const hostile = new X509Certificate(makeCa({ commonName: "\u001b[2J\u202eevil" }).der);
  const [presented] = readPresented(SERVER, [hostile], Date.now());
  expect(presented?.subject).toBe("C=DE,O=Acme,CN=?[2J?evil");
});
