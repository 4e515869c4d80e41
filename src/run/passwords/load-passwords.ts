import type { KeyObject } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type LotLayout, sealedNumber } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Job } from "../../domain/job.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { KeystoreError } from "../../verify/keystore-error.ts";
import { MAX_SEALED_OCTETS, openSealed } from "../../verify/open-sealed.ts";
import { type ListedPasswords, parsePasswords, readPasswords } from "../../verify/read-passwords.ts";

/** All that can be read of a lot's passwords. */
export interface LotPasswords extends ListedPasswords {
  /** Names of sealed files that were not opened: there is no key for them. A password may be in one of them. */
  readonly closed: readonly string[];
  /** Sealed files that no key opens. */
  readonly damaged: readonly { readonly name: string; readonly message: string }[];
  /** The folder on a drive that is not there now. */
  readonly away?: string;
}

/**
 * A lot's passwords from sealed files, passwords.csv, and the segments that a run has not put in yet; of an id
 * that stands in several, the newest. With `only`, those of these ids alone. Undefined for a lot with one password. Throws `usage` when `secretsKey`
 * opens none of the sealed files.
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
  only?: ReadonlySet<string>,
): Promise<LotPasswords | undefined> {
  if (job.passwords === "per-lot") return undefined;
  const names = existsSync(layout.secrets) ? readdirSync(layout.secrets) : [];
  const there = new Set(names);
  const { opened, closed, damaged } = openAll(inOrder(names, sealedNumber), layout, secretsKey);
  const lists: ListedPasswords[] = [];
  for (const text of opened) lists.push(await parsePasswords([text], only));
  // Beside sealed files it is younger: what was in it when the job began to ask for seals was sealed too.
  const plain = await readPasswords(layout.passwords, only);
  if (plain !== undefined) lists.push(plain);
  const batches = await ledger.passwordBatches(lot);
  for (const { state, segment: name } of batches) {
    if (state === "void" || !there.has(name)) continue;
    const segment = await readPasswords(join(layout.secrets, name), only);
    if (segment !== undefined) lists.push({ ...segment, problems: [] });
  }
  const passwords = new Map(lists.flatMap((list) => [...list.passwords]));
  const isAway = job.secrets.folder !== undefined && !existsSync(layout.secrets);
  const problems = lists.flatMap((list) => list.problems);
  return { passwords, problems, closed, damaged, ...(isAway && { away: layout.secrets }) };
}

function inOrder(names: readonly string[], numberOf: (name: string) => number | undefined): readonly string[] {
  const numbered = names.flatMap((name) => {
    const number = numberOf(name);
    return number === undefined ? [] : [{ name, number }];
  });
  return numbered.sort((a, b) => a.number - b.number).map(({ name }) => name);
}

function openAll(names: readonly string[], layout: LotLayout, key: KeyObject | undefined) {
  const opened: string[] = [];
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

function openOne(path: string, key: KeyObject): string {
  const stat = statSync(path);
  if (!stat.isFile() || stat.size > MAX_SEALED_OCTETS) {
    throw new KeystoreError(`${basename(path)} is not what was written`, { kind: "damaged" });
  }
  return openSealed(readFileSync(path, "latin1"), key).toString("utf8");
}
