import type { KeyObject } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type LotLayout, sealedNumber } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Job } from "../../domain/job.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { type IndexedPasswords, indexPasswords, type PasswordList } from "../../verify/index-passwords.ts";
import { KeystoreError } from "../../verify/keystore-error.ts";
import { MAX_SEALED_OCTETS, openSealed } from "../../verify/open-sealed.ts";

/** All that can be read of a lot's passwords; they stay where they are, but for sealed ones, and are looked up one by one. */
export interface LotPasswords extends IndexedPasswords {
  /** Names of sealed files that were not opened: there is no key for them. A password may be in one of them. */
  readonly closed: readonly string[];
  /** Sealed files that no key opens. */
  readonly damaged: readonly { readonly name: string; readonly message: string }[];
  /** The folder on a drive that is not there now. */
  readonly away?: string;
  /** The same for the same files. */
  readonly stamp: string;
}

/**
 * A lot's passwords from sealed files, passwords.csv, and the segments that a run has not put in yet; of an id
 * that stands in several, the newest. Undefined for a lot with one password. Those loaded `before` are given again where
 * no file has changed since. Throws `usage` when `secretsKey` opens none of the sealed files.
 */
export async function loadPasswords(
  {
    job,
    layout,
    secretsKey,
    ledger,
    lot,
  }: {
    readonly ledger: Pick<Ledger, "passwordBatches">;
    readonly lot: string;
    readonly job: Job;
    readonly layout: LotLayout;
    readonly secretsKey?: KeyObject;
  },
  before?: LotPasswords,
): Promise<LotPasswords | undefined> {
  if (job.passwords === "per-lot") return undefined;
  const names = existsSync(layout.secrets) ? readdirSync(layout.secrets) : [];
  const there = new Set(names);
  const batches = await ledger.passwordBatches(lot);
  const segments = batches.flatMap(({ state, segment }) => (state === "void" || !there.has(segment) ? [] : [segment]));
  const sealed = inOrder(names, sealedNumber);
  const stamp = JSON.stringify([stampOf(layout.passwords), sealed, segments]);
  if (before?.stamp === stamp) return before;
  const { opened, closed, damaged } = openAll(sealed, layout, secretsKey);
  const indexed = await indexPasswords([
    ...opened.map((content): PasswordList => ({ content, judged: true })),
    // Beside sealed files it is younger: what was in it when the job began to ask for seals was sealed too.
    { content: layout.passwords, judged: true },
    ...segments.map((name): PasswordList => ({ content: join(layout.secrets, name), judged: false })),
  ]);
  const isAway = job.secrets.folder !== undefined && !existsSync(layout.secrets);
  return { ...indexed, closed, damaged, stamp, ...(isAway && { away: layout.secrets }) };
}

/** Tells a file from the one that takes its place. */
function stampOf(path: string): string {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeNs}`;
}

function inOrder(names: readonly string[], numberOf: (name: string) => number | undefined): readonly string[] {
  const numbered = names.flatMap((name) => {
    const number = numberOf(name);
    return number === undefined ? [] : [{ name, number }];
  });
  return numbered.sort((a, b) => a.number - b.number).map(({ name }) => name);
}

function openAll(names: readonly string[], layout: LotLayout, key: KeyObject | undefined) {
  const opened: Buffer[] = [];
  const closed: string[] = [];
  const damaged: { name: string; message: string }[] = [];
  if (key === undefined) return { opened, closed: names, damaged };
  for (const name of names) {
    try {
      opened.push(openOne(join(layout.secrets, name), key));
    } catch (error) {
      if (!(error instanceof KeystoreError)) throw error;
      if (error.kind === "password") closed.push(name);
      else damaged.push({ name, message: error.message });
    }
  }
  if (opened.length === 0 && closed.length > 0) {
    throw new OnboardingError(
      `the key given with --secrets-key opens none of the lot's sealed passwords (${closed.join(", ")})`,
      { code: "usage" },
    );
  }
  return { opened, closed, damaged };
}

function openOne(path: string, key: KeyObject): Buffer {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > MAX_SEALED_OCTETS) {
    throw new KeystoreError(`${basename(path)} is not what was written`, { kind: "damaged" });
  }
  return openSealed(readFileSync(path, "latin1"), key);
}
