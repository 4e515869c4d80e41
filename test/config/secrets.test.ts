import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, expect, test } from "vitest";
import { readSecretFile, takeSecrets } from "../../src/config/secrets.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-secrets-"));
afterAll(() => rmSync(folder, { recursive: true }));

function secretFile(name: string, content: string | Uint8Array, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

test("all secrets leave the environment, and nothing else does", () => {
  const env = {
    HOME: "/root",
    LOTMINT_HOME: "/h",
    LOTMINT_PASSPHRASE: "a",
    LOTMINT_PASSPHRASE_LINE_3: "b",
    LOTMINT_PASSPHRASE_LINE_3_FILE: "c",
    LOTMINT_IMPORT_PASSPHRASE: "d",
    LOTMINT_LOT_PASSWORD: "e",
    LOTMINT_HSM_PIN: "x",
    LOTMINT_HSM_PIN_FILE: "y",
    LOTMINT_POOL_PASSPHRASE: "h",
    LOTMINT_POOL_PASSPHRASE_FILE: "i",
    LOTMINT_PLATFORM_PASSWORD: "f",
    LOTMINT_PLATFORM_TOKEN_FILE: "g",
  };
  takeSecrets(env);
  expect(env).toEqual({ HOME: "/root", LOTMINT_HOME: "/h" });
});

test("an authority's own passphrase goes before the general one", () => {
  const secrets = takeSecrets({ LOTMINT_PASSPHRASE: "general", LOTMINT_PASSPHRASE_LINE_3: "own" });
  expect(secrets.authorityPassphrase("line-3")).toBe("own");
  expect(secrets.authorityPassphrase("root")).toBe("general");
  expect(takeSecrets({}).authorityPassphrase("root")).toBeUndefined();
});

test("a secret from a file loses the one line end after it", () => {
  const lines = secretFile("lines", "two words \n\n");
  expect(takeSecrets({ LOTMINT_IMPORT_PASSPHRASE_FILE: lines }).importPassphrase()).toBe("two words \n");
  expect(readSecretFile(secretFile("crlf", "x\r\n"))).toBe("x");
});

test.each([
  ["UTF-8 with a byte order mark", Buffer.from("\ufeffgeheim für alle\r\n")],
  ["UTF-16 LE, as > of PowerShell 5 writes it", Buffer.from("\ufeffgeheim für alle\r\n", "utf16le")],
  ["UTF-16 BE", Buffer.from("\ufeffgeheim für alle\r\n", "utf16le").swap16()],
  ["UTF-8 without a line end", Buffer.from("geheim für alle")],
])("a secret file in %s is read, without its mark and line end", (_, content) => {
  expect(readSecretFile(secretFile("windows", content))).toBe("geheim für alle");
});

test.each([
  ["ANSI", Buffer.from("geheim für alle", "latin1"), "is not UTF-8; it may be ANSI (Windows-1252)"],
  ["UTF-16 without a mark", Buffer.from("geheim", "utf16le"), "holds zero octets, as UTF-16 without a byte order mark"],
  ["UTF-16 that is cut off", Buffer.from("\ufeffgeheim", "utf16le").subarray(0, 7), "is cut off or no UTF-16"],
  ["UTF-32", Buffer.from("fffe00006700000065000000", "hex"), "is UTF-32, which is not read"],
  ["two files in one", Buffer.from("geheim\ufeffgeheim"), "holds a byte order mark (U+FEFF) inside"],
])("a secret file in %s is refused by its name, without the secret", (_, content, message) => {
  const path = secretFile("doubtful", content);
  expect(() => readSecretFile(path)).toThrow(`${path} ${message}`);
  expect(() => readSecretFile(path)).not.toThrow(/geheim/);
});

test("a byte order mark in a variable never becomes part of a passphrase", () => {
  expect(() => takeSecrets({ LOTMINT_PASSPHRASE: "\ufeffhush" }).authorityPassphrase("a")).toThrow(
    "LOTMINT_PASSPHRASE holds a byte order mark (U+FEFF); set it without, or use LOTMINT_PASSPHRASE_FILE",
  );
});

test.each([0o640, 0o604, 0o620])("a secret file of mode %o is refused with its cure", (mode) => {
  const path = secretFile("open", "secret", mode);
  expect(() => readSecretFile(path)).toThrow(`${path} can be read by others; protect it with: chmod 600 ${path}`);
});

test("problems are told when the secret is asked for, without the secret", () => {
  const both = takeSecrets({ LOTMINT_PASSPHRASE: "hush", LOTMINT_PASSPHRASE_FILE: "x" });
  expect(() => both.authorityPassphrase("a")).toThrow(
    "both LOTMINT_PASSPHRASE and LOTMINT_PASSPHRASE_FILE are set; keep one of them",
  );
  expect(() => both.authorityPassphrase("a")).not.toThrow(/hush/);
  expect(() => takeSecrets({ LOTMINT_PASSPHRASE: "" }).authorityPassphrase("a")).toThrow(
    "LOTMINT_PASSPHRASE is set but empty",
  );
  expect(() => readSecretFile(secretFile("empty", "\n"))).toThrow("is empty; it must hold the secret");
  expect(() => readSecretFile(join(folder, "none"))).toThrow(`there is no secret file ${join(folder, "none")}`);
  expect(() => readSecretFile(folder)).toThrow(expect.objectContaining({ code: "usage" }));
});

test("a password for a whole lot has at least 16 printable ASCII characters", () => {
  const password = (value: string) => takeSecrets({ LOTMINT_LOT_PASSWORD: value }).lotPassword();
  expect(password("0123456789abcdef")).toBe("0123456789abcdef");
  expect(() => password("0123456789abcde")).toThrow("at least 16 characters");
  expect(() => password("0123456789abcdé!")).toThrow("printable ASCII");
  expect(() => takeSecrets({}).lotPassword()).toThrow("set LOTMINT_LOT_PASSWORD or LOTMINT_LOT_PASSWORD_FILE");
});

test("a token goes before a password, and a password needs a user", () => {
  const token = takeSecrets({ LOTMINT_PLATFORM_TOKEN: "t0ken", LOTMINT_PLATFORM_PASSWORD: "pw" }).platformCredentials(
    "u",
  );
  expect("token" in token && token.token).toBe("t0ken");
  const secrets = takeSecrets({ LOTMINT_PLATFORM_PASSWORD: "pw" });
  const login = secrets.platformCredentials("u");
  expect("user" in login && [login.user, login.password]).toEqual(["u", "pw"]);
  expect(() => secrets.platformCredentials(undefined)).toThrow("needs a user");
  expect(() => takeSecrets({}).platformCredentials("u")).toThrow("no login for the platform is given");
});

test("printing what holds a secret does not show it", () => {
  const secrets = takeSecrets({ LOTMINT_PLATFORM_PASSWORD: "hush", LOTMINT_PASSPHRASE: "hush" });
  for (const printed of [secrets, secrets.platformCredentials("u")]) {
    expect(inspect(printed, { depth: 9 }) + JSON.stringify(printed)).not.toContain("hush");
  }
});

test("a systemd credential's group right is its access list's mask, anywhere else it makes the secret readable", () => {
  const before = process.env["CREDENTIALS_DIRECTORY"];
  const path = secretFile("credential", "from systemd", 0o440);
  try {
    process.env["CREDENTIALS_DIRECTORY"] = folder;
    expect(readSecretFile(path)).toBe("from systemd");
    chmodSync(path, 0o444);
    expect(() => readSecretFile(path)).toThrow(/can be read by others/);
    chmodSync(path, 0o440);
    process.env["CREDENTIALS_DIRECTORY"] = join(folder, "elsewhere");
    expect(() => readSecretFile(path)).toThrow(/can be read by others/);
  } finally {
    if (before === undefined) delete process.env["CREDENTIALS_DIRECTORY"];
    else process.env["CREDENTIALS_DIRECTORY"] = before;
  }
});

test("the secret of the webhook is taken like the others, and asked for when it is missing", () => {
  const env = { LOTMINT_WEBHOOK_SECRET_FILE: secretFile("webhook", "signs\n") };
  const secrets = takeSecrets(env);
  expect(env).toEqual({});
  expect(secrets.webhookSecret()).toBe("signs");
  expect(() => takeSecrets({}).webhookSecret()).toThrow("LOTMINT_WEBHOOK_SECRET");
});
