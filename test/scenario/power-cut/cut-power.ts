import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../crash-lot.ts";
import { compileCache, makeRows, makeWorld, PASSPHRASE, programPath, type World, writeLot } from "../harness.ts";
import { proveLot, readLedger } from "../prove-lot.ts";
import { type Cut, loseUnsynced, placeImage } from "./lose-unsynced.ts";
import type { Recording } from "./operations.ts";
import { record } from "./record.ts";

const LOT = "p1";
/** Two batches: one is 250 devices. */
const ROWS = makeRows("P1", 254);

/** A run that was recorded, in whose home the images are put. */
export interface RecordedRun {
  readonly recording: Recording;
  readonly roots: readonly string[];
  /** Whether passwords went to another file system. */
  readonly isApart: boolean;
  /** Puts the image of a power cut into place, runs the lot again, and returns every sentence that speaks against it. */
  readonly cutPower: (cut: Omit<Cut, "random">, seed: number) => Promise<string[]>;
  readonly close: () => Promise<void>;
}

/** Runs a lot without a platform from start to end, and records it. */
export async function recordRun(secretsElsewhere: boolean): Promise<RecordedRun> {
  const world = await makeWorld();
  const apart = mkdtempSync(join(secretsElsewhere ? otherFileSystem() : tmpdir(), "lotmint-secrets-"));
  const close = async () => {
    rmSync(apart, { recursive: true, force: true });
    await world.close();
  };
  try {
    world.writeSite(undefined);
    mkdirSync(join(world.home, "output"), { recursive: true });
    const keystores = { pkcs12: { iterations: 1000 }, pem: { key: "none" } };
    const job = { keystores, registration: { path: "Factory/{lot}" } };
    writeLot(world.home, LOT, ROWS, secretsElsewhere ? { ...job, secrets: { folder: apart } } : job);
    const roots = secretsElsewhere ? [world.home, apart] : [world.home];
    const env = { PATH: process.env["PATH"], NODE_COMPILE_CACHE: compileCache(), LOTMINT_PASSPHRASE: PASSPHRASE };
    const { code, stderr, recording } = await record(roots, [programPath(), "--home", world.home, "run", LOT], env);
    if (code !== 0) throw new Error(`the recorded run ended with ${code}: ${stderr}`);
    const secrets = secretsElsewhere ? join(apart, LOT) : join(world.home, "output", LOT, "secrets");
    return {
      recording,
      roots,
      isApart: statSync(apart).dev !== statSync(world.home).dev,
      cutPower: async (cut, seed) => {
        placeImage(recording, loseUnsynced(recording, { ...cut, random: seededRandom(seed) }));
        return proveImage(world, secrets, signedBefore(recording, cut.at));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Temporary files of the tests are in memory where there is some; the disk is another file system then. */
function otherFileSystem(): string {
  const folder = "/tmp";
  return statSync(folder, { throwIfNoEntry: false }) === undefined ? tmpdir() : folder;
}

/** All certificates of devices that were written so far, also those that a power cut takes back. */
function signedBefore({ operations }: Recording, at: number): readonly X509Certificate[] {
  return operations.slice(0, at).flatMap((operation) => {
    if (operation.kind !== "write") return [];
    const text = operation.bytes.toString("latin1");
    const isOne = text.startsWith("-----BEGIN CERTIFICATE-----") && text.split("-----BEGIN").length === 2;
    return isOne ? [new X509Certificate(text)] : [];
  });
}

async function proveImage(world: World, secrets: string, signed: readonly X509Certificate[]): Promise<string[]> {
  const { home } = world;
  const problems: string[] = [];
  try {
    if (signed.length > 0) problems.push(...proveSigned(home, signed));
    const ended = await world.run(["run", LOT]);
    if (ended.code !== 0) return [...problems, `the run after it ended with ${ended.code}: ${ended.stderr}`];
    const ids = ROWS.map(({ id }) => id);
    problems.push(...proveLot({ home, lot: LOT, ids, exitCode: 0, secrets, platform: undefined }));
    problems.push(...proveSigned(home, signed));
    const checked = await world.run(["check", LOT, "--sample", "5"]);
    if (checked.code !== 0) problems.push(`check ended with ${checked.code}: ${checked.stdout}${checked.stderr}`);
  } catch (error) {
    problems.push(`the proof failed: ${String(error)}`);
  }
  return problems;
}

/** No certificate outside the ledger, and no serial number that was used twice. */
function proveSigned(home: string, signed: readonly X509Certificate[]): string[] {
  const { certificates } = readLedger(home, LOT);
  return signed.flatMap((certificate) => {
    const serial = certificate.serialNumber.toLowerCase();
    const known = certificates.get(serial);
    if (known === undefined) return [`${serial} was signed, and the ledger does not know it`];
    const sha256 = createHash("sha256").update(certificate.raw).digest("hex");
    const isAnother = known.state === "issued" && known.sha256 !== sha256;
    return isAnother ? [`${serial} was signed twice`] : [];
  });
}
