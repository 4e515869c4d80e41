import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { OnboardingError } from "../../src/domain/error.ts";
import type { MintBatch } from "../../src/mint/mint-batch.ts";
import { type MintPool, type MintPoolOptions, openMintPool } from "../../src/mint/mint-pool.ts";
import { newSerialNumber } from "../../src/x509/serial-number.ts";
import { makeIssuer, type TestIssuer } from "../fixtures/make-issuer.ts";

let issuer: TestIssuer;
beforeAll(async () => {
  issuer = await makeIssuer();
});

let folder: string;
let pool: MintPool | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-pool-"));
});
afterEach(async () => {
  await pool?.close();
  rmSync(folder, { recursive: true, force: true });
});

function setup(): MintPoolOptions["setup"] {
  return {
    template: issuer.template,
    signer: { kind: "key", key: issuer.key },
    key: "ec-p256",
    files: {
      keystores: { pkcs12: { alias: "a", recipe: "modern", iterations: 1000 }, pem: { key: "none" } },
      truststore: { formats: ["pem"], certificates: issuer.chain },
      chain: issuer.chain,
      createdAtMs: 0,
    },
    passwords: { kind: "per-device" },
  };
}

function batch(number: number, size = 5): MintBatch {
  const devices = Array.from({ length: size }, (_, index) => {
    const externalId = `B${number}-${index}`;
    const subject = [{ attribute: "CN", value: externalId }] as const;
    return { externalId, serialNumber: newSerialNumber(), subject, spki: null };
  });
  return { folder: join(folder, String(number)), segment: join(folder, `segment-${number}`), devices };
}

test("more batches than threads can hold are all minted, each answered with its own devices", async () => {
  pool = openMintPool({ workers: 2, setup: setup() });
  const { mint } = pool;
  const batches = Array.from({ length: 9 }, (_, number) => batch(number));
  const answers = await Promise.all(batches.map((each) => mint(each)));
  for (const [number, minted] of answers.entries()) {
    const [serials, expected] = [minted, batches[number]?.devices ?? []].map((list) =>
      list.map(({ serialNumber }) => serialNumber),
    );
    expect(serials).toEqual(expected);
    expect(readdirSync(join(folder, String(number)))).toHaveLength(5);
    expect(readFileSync(join(folder, `segment-${number}`), "utf8").split("\n")).toHaveLength(6);
    expect(Object.keys(minted[0]?.files ?? {})).toContain("truststore.pem");
  }
});

test("an error of the disk comes back under its own code, and the pool goes on", async () => {
  pool = openMintPool({ workers: 1, setup: setup() });
  writeFileSync(join(folder, "blocked"), "");
  const blocked = pool.mint({ ...batch(1), folder: join(folder, "blocked", "1") });
  const next = pool.mint(batch(2));
  const error = await blocked.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(OnboardingError);
  expect(error).toMatchObject({ code: "disk-unwritable", message: expect.stringContaining(join(folder, "blocked")) });
  expect(await next).toHaveLength(5);
});

test("a defect in a thread comes back as an error that shows where it arose", async () => {
  pool = openMintPool({ workers: 1, setup: setup() });
  mkdirSync(join(folder, "1", "B1-0"), { recursive: true });
  writeFileSync(join(folder, "1", "B1-0", "certificate.pem"), "");
  const error = await pool.mint(batch(1)).catch((error: unknown) => error);
  expect(error).not.toBeInstanceOf(OnboardingError);
  expect(error).toMatchObject({
    message: expect.stringContaining("EEXIST"),
    cause: { message: expect.stringContaining("durable.ts") },
  });
});

test("a thread that dies rejects what it had, what waits, and what comes later", async () => {
  const { template } = issuer;
  // A template that no thread can sign with: its own start ends it.
  const broken = { ...setup(), signer: { kind: "key", key: null as never } } as const;
  pool = openMintPool({ workers: 1, setup: { ...broken, template } });
  const { mint } = pool;
  const errors = await Promise.all([1, 2, 3, 4].map((number) => mint(batch(number)).catch((error: unknown) => error)));
  for (const error of [...errors, await mint(batch(5)).catch((error: unknown) => error)]) {
    expect(error).toMatchObject({ message: expect.stringContaining("a minting thread died") });
  }
});

test("closing rejects what is not done, and what comes later", async () => {
  pool = openMintPool({ workers: 1, setup: setup() });
  const open = pool.mint(batch(1, 500)).catch((error: unknown) => error);
  await pool.close();
  const late = pool.mint(batch(2)).catch((error: unknown) => error);
  for (const error of [await open, await late]) {
    expect(error).toMatchObject({ message: "the minting threads have been closed" });
  }
});

test("a thread starts when a batch comes and the others have work, and never more than were asked for", async () => {
  let started = 0;
  const count = () => {
    started++;
  };
  process.on("worker", count);
  try {
    pool = openMintPool({ workers: 2, setup: setup() });
    expect(started).toBe(0);
    await pool.mint(batch(1));
    await pool.mint(batch(2));
    expect(started).toBe(1);
    const { mint } = pool;
    await Promise.all([3, 4, 5, 6].map((number) => mint(batch(number))));
    expect(started).toBe(2);
  } finally {
    process.off("worker", count);
  }
});
