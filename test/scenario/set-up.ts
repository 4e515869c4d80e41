import { createPrivateKey } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleProgram } from "../../scripts/build/bundle-program.ts";
import { isLong } from "../fixtures/test-length.ts";
import { makeHome, PASSPHRASE } from "./harness.ts";

let folder: string | undefined;

/**
 * Before the first scenario, once for all of them: bundles the program, which then starts in less than half of the
 * time, and makes the home that each world begins with. With LOTMINT_TEST_PROGRAM set to a path, such as src/main.ts,
 * the scenarios run that program instead, each command in a process of its own.
 */
export async function setup(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), "lotmint-scenarios-"));
  // Some scenarios run the program as another user.
  chmodSync(folder, 0o755);
  if (process.env["LOTMINT_TEST_PROGRAM"] === undefined) {
    const host = fileURLToPath(new URL("./host-main.ts", import.meta.url));
    process.env["LOTMINT_TEST_PROGRAM"] = await bundleProgram(folder, { host });
    // At night each command has a process of its own.
    if (!isLong) process.env["LOTMINT_TEST_HOST"] = join(folder, "bundle", "host.js");
  }
  process.env["LOTMINT_TEST_COMPILE_CACHE"] = join(folder, "compiled");
  const home = join(folder, "home");
  await makeHome(home);
  lowerRounds(home);
  process.env["LOTMINT_TEST_HOME"] = home;
}

export function teardown(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

/**
 * Encrypts the authorities' keys with 2048 rounds instead of the program's 600,000, which each start that signs would
 * spend 0.15 s on. The rounds that the program writes are proved in test/authority/authority-key.test.ts.
 */
function lowerRounds(home: string): void {
  const authorities = join(home, "state", "authorities");
  for (const name of readdirSync(authorities)) {
    const file = join(authorities, name, "key.pem");
    const key = createPrivateKey({ key: readFileSync(file), passphrase: PASSPHRASE });
    const pem = key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: PASSPHRASE });
    writeFileSync(file, pem);
  }
}
