import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, expect, test } from "vitest";
import { pageSettings } from "../../../src/cli/watch/page-settings.ts";
import { takeSecrets } from "../../../src/config/secrets.ts";
import { makePageIdentity } from "../../page/page-identity.ts";

const TOKEN = "operator-token-0123456789";
const folder = mkdtempSync(join(tmpdir(), "lotmint-page-settings-"));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, 0o600);
  return path;
};
const identity = makePageIdentity(["line-7.example"]);
const pageCert = write("certificate.pem", identity.certificate);
const pageKey = write("key.pem", identity.key);
const settings = (args: Parameters<typeof pageSettings>[0], env: Record<string, string> = {}) =>
  pageSettings(args, { secrets: takeSecrets({ ...env }), now: Date.now, log: pino({ level: "silent" }) });

test("a loopback address needs nothing", () => {
  expect(settings({ page: "127.0.0.1:8080" })).toEqual({ address: { host: "127.0.0.1", port: 8080, loopback: true } });
});

test("an address that others reach needs TLS and a token, and what is missing is told", () => {
  const page = "0.0.0.0:8443";
  expect(() => settings({ page })).toThrow(
    /needs TLS \(--page-cert FILE --page-key FILE\) and a token \(LOTMINT_PAGE_TOKEN/,
  );
  expect(() => settings({ page }, { LOTMINT_PAGE_TOKEN: TOKEN })).toThrow(
    /needs TLS \(--page-cert FILE --page-key FILE\); give/,
  );
  expect(() => settings({ page, pageCert, pageKey })).toThrow(/needs a token/);
  const { address, tls, tokens } = settings({ page, pageCert, pageKey }, { LOTMINT_PAGE_TOKEN: TOKEN });
  expect([address.loopback, tls?.certificate, tls?.key, tokens?.operator]).toEqual([
    false,
    identity.certificate,
    identity.key.trimEnd(),
    TOKEN,
  ]);
  expect(JSON.stringify([tls, tokens])).not.toMatch(/PRIVATE|operator-token/);
});

test.each([
  [{ pageCert, pageKey }, /go with --page HOST:PORT/],
  [{ page: "127.0.0.1:1", pageCert }, /go together/],
  [{ page: "127.0.0.1:1", pageCert: pageKey, pageKey }, /holds no certificate in PEM/],
  [{ page: "127.0.0.1:1", pageCert, pageKey: pageCert }, /holds no private key in PEM/],
  [{ page: "127.0.0.1:1", pageCert: join(folder, "none"), pageKey }, /there is no file/],
  [{ page: "127.0.0.1:1", pageCert, pageKey: write("other.pem", makePageIdentity(["a"]).key) }, /is not the key of/],
  [{ page: "8080" }, /--page takes HOST:PORT/],
])("%j is refused with its cure", (args, message) => {
  expect(() => settings(args)).toThrow(
    expect.objectContaining({ code: "usage", message: expect.stringMatching(message) }),
  );
});

test("a key that others can read is refused", () => {
  const open = write("open.pem", identity.key);
  chmodSync(open, 0o644);
  expect(() => settings({ page: "127.0.0.1:1", pageCert, pageKey: open })).toThrow(/can be read by others/);
});

test.each([
  [{ LOTMINT_PAGE_TOKEN: "short" }, /at least 16 characters/],
  [{ LOTMINT_PAGE_TOKEN: "a token with spaces in it" }, /no space/],
  [{ LOTMINT_PAGE_READ_TOKEN: TOKEN }, /without LOTMINT_PAGE_TOKEN/],
  [{ LOTMINT_PAGE_TOKEN: TOKEN, LOTMINT_PAGE_READ_TOKEN: TOKEN }, /are the same/],
])("tokens that protect nothing are refused: %j", (env, message) => {
  expect(() => settings({ page: "127.0.0.1:8080" }, env)).toThrow(message);
});
