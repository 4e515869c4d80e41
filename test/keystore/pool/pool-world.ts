import { createSecretKey, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { OpenPool, PooledPair } from "../../../src/keystore/pool/seal-key.ts";

/** A temporary folder that goes with the test. */
export function poolPlace(): string {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-pool-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "key-pool");
}

export function testPool(more: Partial<OpenPool> = {}): OpenPool {
  const key = createSecretKey(Buffer.alloc(32, 7));
  return { id: "a".repeat(32), ledger: "b".repeat(32), generation: "1-c", folder: "", key, ...more };
}

/** Octets of the size of an RSA-2048 key pair: the pool does not look into them. */
export function testPair(): PooledPair {
  return { pkcs8: randomBytes(1217), spki: randomBytes(294) };
}
