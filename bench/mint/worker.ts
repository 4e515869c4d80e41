import { createECDH, generateKeyPairSync, type KeyObject, pbkdf2Sync, randomBytes, sign } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import type { LeafTemplate } from "../../src/authority/leaf/leaf-template.ts";
import { openSigner } from "../../src/authority/signer.ts";
import { newPassword } from "../../src/keystore/password.ts";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { openPkcs12Writer } from "../../src/keystore/write-pkcs12.ts";
import { openKeyPairs } from "../../src/mint/key-pair.ts";
import { mintDevice } from "../../src/mint/mint-device.ts";
import { newSerialNumber } from "../../src/x509/serial-number.ts";

/** A worker thread of the benchmark: repeats one kind of work for a given time and tells how much it did. */

export interface BenchSetup {
  readonly issuerKey: KeyObject;
  readonly chain: readonly Uint8Array[];
  readonly template: LeafTemplate;
}

/** The bound is what no program that makes the same things through Node's OpenSSL can leave out. */
export type BenchWork = "ec-bound" | "ec-mint" | "rsa-bound" | "rsa-keys" | "rsa-mint";

export interface BenchOrder {
  readonly work: BenchWork;
  /** Ends when either is reached. */
  readonly seconds: number;
  readonly devices: number;
}

export interface BenchAnswer {
  readonly devices: number;
  readonly seconds: number;
}

/** Does `devices` devices' work and returns how many it did. */
type Step = () => number;

/** As many as lotmint makes side by side. */
const GROUP = 4;
const ITERATIONS = 2048;

function openBound({ issuerKey }: BenchSetup): Step {
  const ecdh = createECDH("prime256v1");
  const digest = openSigner({ kind: "key", key: issuerKey }).algorithm === "ecdsa-with-SHA384" ? "sha384" : "sha256";
  const tbs = randomBytes(420);
  const salt = randomBytes(20);
  return () => {
    ecdh.generateKeys();
    sign(digest, tbs, issuerKey);
    for (const password of ["ABCDEFGHIJKLMNOPQRSTUVWXYZ", "BCDEFGHIJKLMNOPQRSTUVWXYZ2"]) {
      pbkdf2Sync(password, salt, ITERATIONS, 32, "sha256");
    }
    return 1;
  };
}

function openMint(setup: BenchSetup, key: "ec-p256" | "rsa-2048"): Step {
  const random = openRandomPool();
  const tools = {
    template: setup.template,
    signer: openSigner({ kind: "key", key: setup.issuerKey }),
    makeKeyPair: openKeyPairs(key),
  };
  const write = openPkcs12Writer(
    { recipe: "modern", iterations: ITERATIONS, alias: "devicekeyentry", chain: setup.chain },
    random,
  );
  let number = 0;
  return () => {
    const entries = Array.from({ length: GROUP }, () => {
      const externalId = `ACME-${String(++number).padStart(8, "0")}`;
      const subject = [
        { attribute: "O", value: "Acme GmbH" },
        { attribute: "CN", value: externalId },
      ] as const;
      const device = { externalId, serialNumber: newSerialNumber(), subject, spki: null };
      const { certificate, pkcs8 } = mintDevice(device, tools);
      return { certificate, pkcs8: pkcs8 ?? Buffer.alloc(0), password: newPassword(random) };
    });
    write(entries);
    for (const { pkcs8 } of entries) pkcs8.fill(0);
    return GROUP;
  };
}

function openRsaBound(): Step {
  return () => {
    generateKeyPairSync("rsa", { modulusLength: 2048 });
    return 1;
  };
}

function openRsaKeys(): Step {
  const makeKeyPair = openKeyPairs("rsa-2048");
  return () => {
    makeKeyPair().pkcs8.fill(0);
    return 1;
  };
}

function runFor(step: Step, { seconds, devices }: BenchOrder): BenchAnswer {
  const startedMs = performance.now();
  let done = 0;
  let elapsed = 0;
  while (done < devices && elapsed < seconds) {
    done += step();
    elapsed = (performance.now() - startedMs) / 1000;
  }
  return { devices: done, seconds: elapsed };
}

if (parentPort !== null) {
  const port = parentPort;
  const setup = workerData as BenchSetup;
  const steps: Readonly<Record<BenchWork, Step>> = {
    "ec-bound": openBound(setup),
    "ec-mint": openMint(setup, "ec-p256"),
    "rsa-bound": openRsaBound(),
    "rsa-keys": openRsaKeys(),
    "rsa-mint": openMint(setup, "rsa-2048"),
  };
  port.on("message", (order: BenchOrder) => port.postMessage(runFor(steps[order.work], order)));
}
