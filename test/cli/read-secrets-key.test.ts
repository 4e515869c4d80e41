import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readSecretsKey } from "../../src/cli/read-secrets-key.ts";
import { takeSecrets } from "../../src/config/secrets.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-key-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PASSPHRASE = "an officer's passphrase";

function read(content: string, env: NodeJS.ProcessEnv = {}) {
  writeFileSync(join(folder, "officer.key"), content, { mode: 0o600 });
  return readSecretsKey("officer.key", { cwd: folder, secrets: takeSecrets({ ...env }) });
}

function refusal(words: string) {
  return expect.objectContaining({ code: "usage", message: expect.stringContaining(words) });
}

const clear = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const modern = privateKey
  .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: PASSPHRASE })
  .toString();
const old = privateKey
  .export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: PASSPHRASE })
  .toString();

test("a key is read as it is, or with the passphrase for keys from elsewhere", () => {
  expect(readSecretsKey(undefined, { cwd: folder, secrets: takeSecrets({}) })).toEqual({});
  expect(read(clear).secretsKey?.equals(privateKey)).toBe(true);
  for (const pem of [modern, old]) {
    expect(read(pem, { LOTMINT_IMPORT_PASSPHRASE: PASSPHRASE }).secretsKey?.equals(privateKey)).toBe(true);
    expect(() => read(pem)).toThrow(refusal("is encrypted; set LOTMINT_IMPORT_PASSPHRASE"));
    expect(() => read(pem, { LOTMINT_IMPORT_PASSPHRASE: "wrong" })).toThrow(refusal("does not open"));
  }
});

test("what is no RSA key, and a file that others can read, are refused", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  expect(() => read(ec.export({ type: "pkcs8", format: "pem" }).toString())).toThrow(refusal("holds no RSA key"));
  expect(() => read("hello")).toThrow(refusal("holds no private key in PEM form"));
  read(clear);
  chmodSync(join(folder, "officer.key"), 0o644);
  const again = () => readSecretsKey("officer.key", { cwd: folder, secrets: takeSecrets({}) });
  expect(again).toThrow(refusal("can be read by others"));
});
