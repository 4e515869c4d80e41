import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Ended, makeRows, makeWorld, type StartOptions, treeOf, type World, writeLot } from "./harness.ts";
import { proveLot, readLedger } from "./prove-lot.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DEVICES = 6;
const WRONG = "not the right passphrase";
/** Stands for a file that is made later. */
const OPEN = "a file that all can read";

let world: World;
/** state/ as it was when a lot had ended well. */
let kept: string;

beforeAll(async () => {
  world = await makeWorld();
  write("old");
  expect((await world.run(["run", "old"])).code).toBe(0);
  kept = `${world.home}-kept`;
  cpSync(state(), kept, { recursive: true });
});
afterAll(async () => {
  rmSync(kept, { recursive: true, force: true });
  await world.close();
});

const state = (...names: string[]) => join(world.home, "state", ...names);

function write(lot: string): void {
  writeLot(world.home, lot, makeRows(lot.toUpperCase(), DEVICES));
}

let lots = 0;
/** A lot that has not been run. */
function newLot(): string {
  lots += 1;
  write(`n${lots}`);
  return `n${lots}`;
}

function proof(lot: string): string[] {
  const ids = makeRows(lot.toUpperCase(), DEVICES).map(({ id }) => id);
  return proveLot({ home: world.home, lot, ids, exitCode: 0, platform: world.sandbox.state });
}

/** How a command ended: its code, and the entry of the log that says why. */
async function outcome(args: readonly string[], options?: StartOptions): Promise<readonly [number | null, string]> {
  const ended = await world.run(args, options);
  return [ended.code, errorOf(ended)];
}

function errorOf({ stderr }: Ended): string {
  const entries = stderr.split("\n").filter((line) => line.includes('"level":50') || line.includes('"level":60'));
  return entries.map((line) => (JSON.parse(line) as { readonly msg: string }).msg).join("\n");
}

/** The same in every file below the home, but for what SQLite keeps beside an open ledger. */
function tree(): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(treeOf(world.home)).filter(([name]) => !/-(?:wal|shm)$/.test(name)));
}

describe("a ledger that is not as it was left", () => {
  afterEach(() => {
    rmSync(state(), { recursive: true });
    cpSync(kept, state(), { recursive: true });
  });

  /** With a database tool, past the ledger's own guards. */
  function alter(sql: string): void {
    const database = new DatabaseSync(state("ledger.sqlite"));
    database.exec(`DROP TRIGGER events_keep; DROP TRIGGER events_stay; ${sql}`);
    database.close();
  }

  function overwrite(from: number, length: number): void {
    const content = readFileSync(state("ledger.sqlite"));
    writeFileSync(state("ledger.sqlite"), content.fill(0xa5, from, Math.min(from + length, content.length)));
  }

  const length = () => readFileSync(state("ledger.sqlite")).length;

  test.each<readonly [string, () => void, string]>([
    [
      "no database at all",
      () => writeFileSync(state("ledger.sqlite"), "id,name\n".repeat(4000)),
      "it is not a ledger; restore it",
    ],
    [
      "cut in the middle",
      () => truncateSync(state("ledger.sqlite"), length() / 2),
      "restore it from a backup with `lotmint restore`",
    ],
    ["cut to nothing", () => truncateSync(state("ledger.sqlite"), 0), "is gone, and with it the record of what"],
    ["gone", () => rmSync(state("ledger.sqlite")), "is gone, and with it the record of what line-1, root signed"],
    ["overwritten in its first page", () => overwrite(0, 4096), "it is not a ledger; restore it"],
    [
      "overwritten from its second page on",
      () => overwrite(4096, length()),
      "restore it from a backup with `lotmint restore`",
    ],
    [
      "a database of something else",
      () => {
        rmSync(state("ledger.sqlite"));
        const other = new DatabaseSync(state("ledger.sqlite"));
        other.exec("CREATE TABLE orders (id INTEGER)");
        other.close();
        chmodSync(state("ledger.sqlite"), 0o600);
      },
      "is a database of something else; restore the ledger",
    ],
    [
      "of a newer version",
      () => alter("PRAGMA user_version = 9999"),
      "was made by a newer lotmint: it is at version 9999",
    ],
    ["with an edited event", () => alter("UPDATE events SET detail = '{}' WHERE seq = 4"), "event 4 ("],
    ["with an event less", () => alter("DELETE FROM events WHERE seq = 4"), "event 5 ("],
    [
      "with another last event",
      () => alter("UPDATE events SET at_ms = at_ms + 1 WHERE seq = (SELECT max(seq) FROM events)"),
      "does not fit the chain",
    ],
    [
      "without its last events",
      () => alter("DELETE FROM events WHERE seq > (SELECT max(seq) - 4 FROM events)"),
      "its end was cut off",
    ],
    ["without any event", () => alter("DELETE FROM events"), "its end was cut off"],
    [
      "without its last events and all that tells of them, but for the report",
      () =>
        alter(`DELETE FROM events WHERE chain > 0 AND seq > 3;
          DELETE FROM events WHERE chain = 0 AND seq >=
            (SELECT min(seq) FROM events WHERE chain = 0 AND kind = 'checkpoint');
          UPDATE chains SET (seq, digest) = (SELECT seq, digest FROM events
            WHERE events.chain = chains.chain ORDER BY seq DESC LIMIT 1)`),
      "its end was cut off, or it is an older copy",
    ],
  ])("%s: state damaged, told with the cure, and nothing is changed", async (_name, damage, words) => {
    damage();
    const before = tree();
    // The finished lot: it has a report that the ledger is held against.
    expect(await outcome(["run", "old"])).toEqual([15, expect.stringContaining(words)]);
    expect(tree()).toEqual(before);
    const [code, told] = await outcome(["check", "old"]);
    // What only the report shows is a difference, all else is damage.
    if (code !== 3) expect([code, told]).toEqual([15, expect.stringContaining("lotmint")]);
    expect(tree()).toEqual(before);
  });

  test("a lot that was minted after a backup is not minted again on that backup's ledger", async () => {
    const older = join(world.home, "older.sqlite");
    copyFileSync(state("ledger.sqlite"), older);
    const lot = newLot();
    expect((await world.run(["run", lot])).code).toBe(0);
    copyFileSync(older, state("ledger.sqlite"));
    const before = tree();
    expect(await outcome(["run", lot])).toEqual([15, expect.stringContaining("restore the newest backup")]);
    expect(tree()).toEqual(before);
    // A run that continues with it is refused by the lot's folder, which a newer ledger has marked.
    renameSync(join(world.home, "output", lot, "report.json"), join(world.home, "report.json"));
    const devices = treeOf(join(world.home, "output", lot, "devices"));
    expect(await outcome(["run", lot])).toEqual([2, expect.stringContaining("this ledger is older than the folder")]);
    expect(treeOf(join(world.home, "output", lot, "devices"))).toEqual(devices);
  });
});

describe("an authority that cannot sign", () => {
  afterEach(() => restore());

  const file = (name: string) => state("authorities", "line-1", name);
  const line2 = (name: string) => state("authorities", "line-2", name);

  let whole: ReadonlyMap<string, Buffer>;
  const restore = () => {
    for (const [name, content] of whole) writeFileSync(file(name), content);
  };

  beforeAll(async () => {
    whole = new Map(["key.pem", "certificate.pem", "chain.pem"].map((name) => [name, readFileSync(file(name))]));
    expect((await world.run(["authority", "create", "line-2", "--issuer", "root"])).code).toBe(0);
  });

  interface Damage {
    readonly damage?: () => void;
    readonly env?: StartOptions["env"];
    readonly code: number;
    readonly words: string;
  }
  const copy = (from: string, to: string) => () => copyFileSync(line2(from), file(to));
  const cut = (name: string, length: number) => () => truncateSync(file(name), length);
  const drop = (name: string) => () => rmSync(file(name));
  const damaged = "key.pem of authority line-1 is damaged";
  const open = () => join(world.home, "open-to-all");

  const DAMAGES: readonly Damage[] = [
    { damage: copy("key.pem", "key.pem"), code: 10, words: "key.pem does not belong to certificate.pem" },
    { damage: drop("key.pem"), code: 10, words: "there is no key.pem" },
    { damage: () => writeFileSync(file("key.pem"), "-----BEGIN NOTHING-----\n"), code: 10, words: damaged },
    { damage: cut("key.pem", 100), code: 10, words: damaged },
    { damage: cut("certificate.pem", 300), code: 10, words: "certificate.pem" },
    { damage: copy("certificate.pem", "certificate.pem"), code: 10, words: "does not begin with the certificate in" },
    {
      damage: () => copyFileSync(file("certificate.pem"), file("chain.pem")),
      code: 10,
      words: "line-1 cannot be used",
    },
    { damage: drop("chain.pem"), code: 10, words: "chain.pem cannot be read" },
    { env: { LOTMINT_PASSPHRASE: WRONG }, code: 10, words: "the passphrase does not open the key of authority line-1" },
    {
      env: { LOTMINT_PASSPHRASE: undefined },
      code: 2,
      words: "no passphrase given for authority line-1; set LOTMINT_",
    },
    {
      damage: drop("key.pem"),
      env: { LOTMINT_PASSPHRASE: undefined },
      code: 10,
      words: "there is no key.pem",
    },
    { env: { LOTMINT_PASSPHRASE: "" }, code: 2, words: "LOTMINT_PASSPHRASE is set but empty" },
    {
      damage: () => writeFileSync(open(), "x", { mode: 0o644 }),
      env: { LOTMINT_PASSPHRASE: undefined, LOTMINT_PASSPHRASE_FILE: OPEN },
      code: 2,
      words: "can be read by others; protect it with: chmod 600",
    },
  ];

  test("by its key, certificate, chain or passphrase: each is told, nothing is signed, and once corrected it signs", async () => {
    const lot = newLot();
    for (const { damage = () => {}, env = {}, code, words } of DAMAGES) {
      damage();
      const given = env["LOTMINT_PASSPHRASE_FILE"] === OPEN ? { ...env, LOTMINT_PASSPHRASE_FILE: open() } : env;
      const [found, told] = await outcome(["run", lot], { env: given });
      expect([found, told]).toEqual([code, expect.stringContaining(words)]);
      expect(told).not.toContain(WRONG);
      restore();
    }
    expect(existsSync(join(world.home, "output", lot, "devices"))).toBe(false);
    const { stages, certificates } = readLedger(world.home, lot);
    expect([new Set(stages.values()), certificates.size]).toEqual([new Set(["planned"]), 0]);
    expect((await world.run(["run", lot])).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });

  test("an issuer whose time is over is told with its end, also when the clock is accepted", async () => {
    world.writeSite(undefined);
    const lot = newLot();
    const [code, told] = await outcome(["run", lot], { clockMs: 8000 * DAY_MS });
    expect([code, told]).toEqual([10, expect.stringMatching(/line-1.*expired|ended|not valid/)]);
    expect(existsSync(join(world.home, "output", lot, "devices"))).toBe(false);
    world.writeSite(world.sandbox.url);
    expect((await world.run(["run", lot])).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });
});

describe("a clock that is wrong", () => {
  test("is refused before anything is signed, and is no trouble once it is right", async () => {
    const lot = newLot();
    const behind = "but the ledger's newest signature is of";
    for (const [clockMs, words] of [
      [-HOUR_MS, behind],
      [-365 * DAY_MS, behind],
      [HOUR_MS, "but the platform says"],
      [30 * 365 * DAY_MS, "but the platform says"],
    ] as const) {
      const [code, told] = await outcome(["run", lot], { clockMs });
      expect([code, told]).toEqual([16, expect.stringContaining(words)]);
      expect(told).toContain("set the clock, or pass --accept-clock if it is right");
    }
    expect(readLedger(world.home, lot).certificates.size).toBe(0);
    expect((await world.run(["run", lot])).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });

  test("a few minutes off are nothing", async () => {
    const lot = newLot();
    expect((await world.run(["run", lot], { clockMs: -4 * 60_000 })).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });

  test("one that is set back changes nothing; where it is accepted, the issuer itself is not valid yet", async () => {
    const lot = newLot();
    const before = tree();
    expect(await outcome(["run", lot], { clockMs: -HOUR_MS })).toEqual([16, expect.stringContaining("--accept-clock")]);
    expect(tree()).toEqual(before);
    const accepted = await outcome(["run", lot, "--accept-clock"], { clockMs: -HOUR_MS });
    expect(accepted).toEqual([10, expect.stringContaining("is not valid before")]);
    expect((await world.run(["run", lot])).code).toBe(0);
    expect(proof(lot)).toEqual([]);
  });

  test("without a platform a clock that runs ahead cannot be told; set right, it is believed once it is accepted", async () => {
    world.writeSite(undefined);
    const ahead = newLot();
    expect((await world.run(["run", ahead], { clockMs: 2 * HOUR_MS })).code).toBe(0);
    world.writeSite(world.sandbox.url);
    const lot = newLot();
    expect(await outcome(["run", lot])).toEqual([
      16,
      expect.stringContaining("but the ledger's newest signature is of"),
    ]);
    expect((await world.run(["run", lot, "--accept-clock"])).code).toBe(0);
    expect(proof(lot)).toEqual([]);
    const next = newLot();
    expect((await world.run(["run", next])).code).toBe(0);
    expect(proof(next)).toEqual([]);
  });
});
