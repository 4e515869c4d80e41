import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSite } from "../../src/config/read-site.ts";
import { homeLayout } from "../../src/disk/layout.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-site-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function read(yaml: string) {
  const home = homeLayout(root);
  writeFileSync(home.siteFile, yaml);
  return readSite(home, Date.UTC(2026, 0, 1));
}

test("without a lotmint.yaml every setting has its default", () => {
  expect(readSite(homeLayout(root))).toMatchObject({
    profiles: {},
    maxChain: 10,
    lotsAtOnce: 1,
    settleMs: 5000,
    defaults: {},
  });
  expect(readSite(homeLayout(root)).platform).toBeUndefined();
});

test("a lotmint.yaml that links to a file that is gone is no missing one", () => {
  symlinkSync(join(root, "gone.yaml"), join(root, "lotmint.yaml"));
  expect(() => readSite(homeLayout(root))).toThrow("lotmint.yaml is not there");
});

test("the platform gets its ports, its waiting time and an absolute CA file", () => {
  writeFileSync(join(root, "ca.pem"), "x");
  expect(
    read("platform: { url: 'https://acme.example.com/', tenant: t1, user: lot, caFile: ca.pem }\n").platform,
  ).toEqual({
    url: "https://acme.example.com",
    tenant: "t1",
    user: "lot",
    deviceTokenPort: 8443,
    mqttPort: 8883,
    caFile: join(root, "ca.pem"),
    timeoutMs: 300_000,
  });
});

test("a profile takes from its base what it does not say", () => {
  const { profiles } = read(`profiles:
  gateway: { extKeyUsage: [clientAuth, serverAuth, 1.3.6.1.4.1.99999.1], policies: [1.3.6.1.4.1.99999.2, 2.25.329800735698586629295641978511506172918], validity: 2y }
  vault: { base: idevid, keyUsage: [digitalSignature, keyAgreement], requiredSubject: [serialNumber, O] }
`);
  expect(profiles).toEqual({
    gateway: {
      name: "gateway",
      keyUsage: ["digitalSignature", "nonRepudiation", "keyEncipherment"],
      extendedKeyUsage: ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1", "1.3.6.1.4.1.99999.1"],
      policies: ["1.3.6.1.4.1.99999.2", "2.25.329800735698586629295641978511506172918"],
      requiredSubject: [],
      validity: { kind: "years", years: 2, asked: true },
    },
    vault: {
      name: "vault",
      keyUsage: ["digitalSignature", "keyAgreement"],
      extendedKeyUsage: [],
      policies: [],
      requiredSubject: ["serialNumber", "O"],
      validity: { kind: "never", asked: false },
    },
  });
});

test.each([
  [
    "plain HTTP",
    "platform: { url: http://acme.example.com }",
    "lotmint.yaml:1: platform.url: must start with https://, since passwords and registrations go over it",
  ],
  [
    "a login in the address",
    "platform: { url: https://u:secret@acme.example.com }",
    "lotmint.yaml:1: platform.url: must not hold a login; use user and LOTMINT_PLATFORM_PASSWORD",
  ],
  [
    "a missing CA file",
    "platform:\n  url: https://a.example.com\n  caFile: no.pem",
    "lotmint.yaml:3: platform.caFile: there is no file",
  ],
  ["an idRule that is no pattern", "idRule: 'ACME-('", "lotmint.yaml:1: idRule: is not a regular expression"],
  [
    "a built-in profile's name",
    "profiles:\n  device: {}",
    "lotmint.yaml:2: profiles.device: is built in and cannot be redefined; choose another name",
  ],
  ["a leaf that may sign certificates", "profiles: { p: { keyUsage: [keyCertSign] } }", 'got "keyCertSign"'],
  [
    "an unknown usage",
    "profiles: { p: { extKeyUsage: [clientauth] } }",
    "lotmint.yaml:1: profiles.p.extKeyUsage[0]: expected serverAuth, clientAuth",
  ],
  ["a chain of one", "maxChain: 1", "lotmint.yaml:1: maxChain: expected a whole number from 2 to 20, got 1"],
  ["a key that it does not know", "notify: x", "lotmint.yaml:1: notify: is not a key that belongs here"],
  [
    "a wrong default",
    "defaults:\n  submit:\n    concurency: 3",
    "lotmint.yaml:3: defaults.submit.concurency: is not a key that belongs here; did you mean concurrency?",
  ],
])("%s is refused", (_, yaml, message) => {
  expect(() => read(`${yaml}\n`)).toThrow(
    expect.objectContaining({ code: "usage", message: expect.stringContaining(message) }),
  );
  expect(() => read(`${yaml}\n`)).not.toThrow(/secret@|:secret/);
});

test("a webhook tells everything unless events are named, and its CA file is absolute", () => {
  writeFileSync(join(root, "ca.pem"), "x");
  expect(read("webhook: { url: 'https://mes.example.com/x?y=1' }\n").webhook).toEqual({
    url: "https://mes.example.com/x?y=1",
    events: ["done", "partial", "failed", "stalled"],
  });
  expect(read("webhook: { url: 'http://127.0.0.1:8080/', events: [failed], caFile: ca.pem }\n").webhook).toEqual({
    url: "http://127.0.0.1:8080/",
    events: ["failed"],
    caFile: join(root, "ca.pem"),
  });
});

test.each([
  ["{ url: 'http://mes.example.com' }", "lotmint.yaml:1: webhook.url: must start with https://"],
  ["{ url: 'https://u:hidden@mes.example.com' }", "webhook.url: must not hold a login"],
  ["{ url: nowhere }", "webhook.url: is no address"],
  ["{ url: 'https://a.example', events: [begun] }", "webhook.events[0]: expected done, partial, failed or stalled"],
  ["{ url: 'https://a.example', caFile: none.pem }", "webhook.caFile: there is no file"],
])("webhook %s is refused", (yaml, words) => {
  expect(() => read(`webhook: ${yaml}\n`)).toThrowError(
    expect.objectContaining({ message: expect.stringContaining(words) }),
  );
  expect(() => read(`webhook: ${yaml}\n`)).not.toThrowError(/hidden/);
});

test("a key pool asks for RSA keys only, in whole numbers", () => {
  expect(read("keyPool: { rsa-2048: 5000, rsa-4096: 10 }\n").keyPool).toEqual({ "rsa-2048": 5000, "rsa-4096": 10 });
  expect(read("maxChain: 3\n").keyPool).toBeUndefined();
  for (const [yaml, key] of [
    ["{ ec-p256: 10 }", "keyPool"],
    ["{ rsa-2048: 0 }", "keyPool.rsa-2048: expected a whole number from 1 to 1000000"],
    ["5000", "keyPool: expected a mapping"],
  ] as const) {
    expect(() => read(`keyPool: ${yaml}\n`)).toThrowError(
      expect.objectContaining({ code: "usage", message: expect.stringContaining(key) }),
    );
  }
});
