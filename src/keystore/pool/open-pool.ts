import {
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { announceStep } from "../../disk/announce-step.ts";
import { destroyFolder } from "../../disk/destroy-folder.ts";
import { diskError } from "../../disk/disk-error.ts";
import { ensureFolder, PRIVATE_FILE, PRIVATE_FOLDER, replaceFile } from "../../disk/durable.ts";
import { poolHeader } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { LedgerIdentity } from "../../ledger/identity.ts";
import type { OpenPool } from "./seal-key.ts";

/** state/key-pool/pool.json. It holds no secret. */
interface PoolHeader {
  readonly version: 1;
  readonly id: string;
  readonly ledger: string;
  readonly generation: string;
  /** The very folder that the pool was made in; a copy of it is another one. */
  readonly place: string;
  readonly scrypt: { readonly salt: string; readonly N: number; readonly r: number; readonly p: number };
  /** HMAC of all the rest, by a key from the passphrase. */
  readonly verifier: string;
}

/** A pool before its passphrase is asked for. */
export type PoolState =
  | { readonly kind: "none" }
  /** What lies there is not this ledger's as it is now: it is never used. */
  | { readonly kind: "foreign"; readonly reason: string }
  | { readonly kind: "ours"; readonly id: string };

/** Shortest passphrase of a new pool, in characters. */
export const MIN_POOL_PASSPHRASE = 12;
/** 32 MB and a fifth of a second, once for each command that needs the pool. */
const COST = { N: 2 ** 15, r: 8, p: 3 } as const;
const MOST_MEMORY = 256 * 1024 * 1024;

/** Whose the pool in this folder is. Nothing is changed, and no passphrase needed. */
export function poolState(folder: string, identity: LedgerIdentity): PoolState {
  if (!existsSync(poolHeader(folder))) return { kind: "none" };
  const header = readHeader(folder);
  if (header === undefined) return { kind: "foreign", reason: `${poolHeader(folder)} cannot be read` };
  if (header.ledger !== identity.ledger) return { kind: "foreign", reason: "it is another home's" };
  if (header.generation !== identity.generation) {
    return { kind: "foreign", reason: "it is from before this home was restored from a backup" };
  }
  if (header.place !== placeOf(folder)) {
    return { kind: "foreign", reason: "it is a copy, and the home that it was copied from may use the same keys" };
  }
  return { kind: "ours", id: header.id };
}

/** Opens a pool that is ours. A wrong passphrase is `issuer-unusable`, as an authority's is. */
export async function openPool(folder: string, passphrase: string): Promise<OpenPool> {
  const header = readHeader(folder);
  const key = header === undefined ? undefined : await deriveKey(passphrase, header.scrypt);
  if (header === undefined || key === undefined || !isVerified(header, key)) {
    throw new OnboardingError(
      "the passphrase does not open the key pool; check LOTMINT_POOL_PASSPHRASE, or move state/key-pool away to begin another pool",
      { code: "issuer-unusable" },
    );
  }
  const { id, ledger, generation } = header;
  return { id, ledger, generation, folder, key };
}

/** Makes an empty pool in place of whatever lies there, which is destroyed. */
export async function makePool(folder: string, identity: LedgerIdentity, passphrase: string): Promise<OpenPool> {
  const problem = poolPassphraseProblem(passphrase);
  if (problem !== undefined) throw new OnboardingError(problem, { code: "usage" });
  destroyFolder(folder);
  ensureFolder(folder, PRIVATE_FOLDER);
  const { ledger, generation } = identity;
  const id = randomBytes(16).toString("hex");
  const cost = { salt: randomBytes(16).toString("hex"), ...COST };
  const key = await deriveKey(passphrase, cost);
  const unverified = { version: 1 as const, id, ledger, generation, place: placeOf(folder), scrypt: cost };
  const header: PoolHeader = { ...unverified, verifier: verifierOf(unverified, key).toString("hex") };
  replaceFile(poolHeader(folder), `${JSON.stringify(header, null, 2)}\n`, PRIVATE_FILE);
  announceStep("pool-made");
  return { id, ledger, generation, folder, key };
}

/** What is wrong with a passphrase for a new pool, as a sentence; undefined when nothing is. */
export function poolPassphraseProblem(passphrase: string): string | undefined {
  if ([...passphrase].length >= MIN_POOL_PASSPHRASE) return undefined;
  return `the passphrase of the key pool is too short; use at least ${MIN_POOL_PASSPHRASE} characters`;
}

/**
 * Number and time of birth of the folder on its file system, which neither cp nor tar nor rsync takes along; a file
 * system that keeps no time of birth gives 0. An image of the whole disk has the same.
 */
function placeOf(folder: string): string {
  try {
    const { ino, birthtimeNs } = statSync(folder, { bigint: true });
    return `${ino}-${birthtimeNs}`;
  } catch (error) {
    throw diskError(error, folder);
  }
}

function readHeader(folder: string): PoolHeader | undefined {
  try {
    const header = JSON.parse(readFileSync(poolHeader(folder), "utf8")) as Partial<PoolHeader> | null;
    const texts = [header?.id, header?.ledger, header?.generation, header?.place, header?.verifier];
    const cost = header?.scrypt;
    const numbers = [cost?.N, cost?.r, cost?.p];
    const complete =
      header?.version === 1 &&
      [...texts, cost?.salt].every((text) => typeof text === "string") &&
      numbers.every((number) => Number.isSafeInteger(number));
    return complete ? (header as PoolHeader) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw diskError(error, folder, "reach");
  }
}

function deriveKey(passphrase: string, { salt, N, r, p }: PoolHeader["scrypt"]): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, Buffer.from(salt, "hex"), 32, { N, r, p, maxmem: MOST_MEMORY }, (error, derived) => {
      if (error !== null) return reject(error);
      resolve(createSecretKey(derived));
      derived.fill(0);
    });
  });
}

function isVerified({ verifier, ...unverified }: PoolHeader, key: KeyObject): boolean {
  const [expected, found] = [verifierOf(unverified, key), Buffer.from(verifier, "hex")];
  return expected.length === found.length && timingSafeEqual(expected, found);
}

function verifierOf(header: Omit<PoolHeader, "verifier">, key: KeyObject): Buffer {
  const { version, id, ledger, generation, place } = header;
  const { salt, N, r, p } = header.scrypt;
  const covered = JSON.stringify([version, id, ledger, generation, place, salt, N, r, p]);
  const own = hkdfSync("sha256", key, "", "lotmint key pool 1\nverifier", 32);
  return createHmac("sha256", Buffer.from(own)).update(covered).digest();
}
