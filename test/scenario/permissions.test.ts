import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openLedgerToRead } from "../../src/ledger/sqlite/open-ledger.ts";
import { programPath } from "./harness.ts";

/** Everybody may read it. */
const MAIN = programPath();
const NOBODY = 65_534;

interface Told {
  readonly code: number | null;
  readonly message: string;
}

/** Runs the program as another user, which only root can. */
function runAs(uid: number, args: readonly string[], cwd = "/"): Told {
  const { status, stderr, stdout } = spawnSync(execPath, [MAIN, ...args], {
    cwd,
    uid,
    gid: uid,
    encoding: "utf8",
    env: { PATH: process.env["PATH"], LOTMINT_PASSPHRASE: "a passphrase for tests" },
    timeout: 120_000,
  });
  return { code: status, message: `${stdout}${stderr}` };
}

/** Why these tests cannot run here; undefined when they can. */
function hindrance(): string | undefined {
  if (process.geteuid?.() !== 0) return "only root can run the program as another user";
  const read = spawnSync(execPath, ["--check", MAIN], { uid: NOBODY, gid: NOBODY });
  return read.status === 0 ? undefined : "the user nobody cannot read this checkout";
}

const skipped = hindrance();
const title = `permissions${skipped === undefined ? "" : ` (skipped: ${skipped})`}`;

describe.skipIf(skipped !== undefined)(title, () => {
  let home = "";
  const as = (uid: number, ...args: string[]) => runAs(uid, ["--home", home, ...args]);
  const path = (...names: string[]) => join(home, ...names);

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "lotmint-permissions-"));
    for (const name of ["input", "jobs", "output"]) mkdirSync(path(name));
    writeFileSync(path("input", "L1.csv"), "id\nd1\n");
    writeFileSync(path("jobs", "thermo.yaml"), "manifest: ../input/L1.csv\nissuer: root\n");
    writeFileSync(path("lotmint.yaml"), "settle: 1s\n");
    for (const name of ["", "input", "jobs", "output", "input/L1.csv", "jobs/thermo.yaml", "lotmint.yaml"]) {
      chownSync(path(name), NOBODY, NOBODY);
    }
    expect(as(NOBODY, "authority", "create", "root").code).toBe(0);
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  /** Gives a path to root alone for as long as `act` takes. */
  function takeAway(name: string, mode: number, act: () => void): void {
    const before = statSync(path(name));
    chownSync(path(name), 0, 0);
    chmodSync(path(name), mode);
    try {
      act();
    } finally {
      chownSync(path(name), before.uid, before.gid);
      chmodSync(path(name), before.mode & 0o7777);
    }
  }

  test.each([
    ["lotmint.yaml", 0o600, 2, ["plan", "thermo"]],
    ["jobs", 0o700, 2, ["run", "thermo"]],
    ["jobs", 0o711, 2, ["run", "unknown"]],
    ["jobs/thermo.yaml", 0o600, 2, ["run", "thermo"]],
    ["input", 0o700, 2, ["run", "thermo"]],
    ["input/L1.csv", 0o600, 2, ["run", "thermo"]],
    ["input/L1.csv", 0o600, 2, ["plan", "thermo"]],
    ["input", 0o700, 14, ["watch", "--once"]],
    ["output", 0o755, 14, ["run", "thermo"]],
    ["state", 0o700, 14, ["status"]],
    ["state/ledger.sqlite", 0o600, 14, ["status"]],
    ["state/ledger.sqlite", 0o600, 14, ["run", "thermo"]],
    ["state/authorities", 0o700, 14, ["authority", "list"]],
    ["state/authorities/root/key.pem", 0o600, 10, ["authority", "crl", "root"]],
  ] as const)(
    "%s that belongs to another user, mode %o, ends with %i and says whose it is: %s",
    (name, mode, code, args) => {
      takeAway(name, mode, () => {
        const told = as(NOBODY, ...args);
        expect(told.message).toContain("permission is denied to nobody");
        expect(told.message).toContain(`${path(name)} belongs to root (uid 0) and has mode`);
        expect(told.message).not.toContain("defect");
        expect(told.code).toBe(code);
      });
    },
  );

  test("a ledger that its own user may not write is refused, and once it may, nothing stands in the way", () => {
    chmodSync(path("state", "ledger.sqlite"), 0o400);
    const told = as(NOBODY, "run", "thermo");
    expect(told).toMatchObject({ code: 14, message: expect.stringContaining("ledger.sqlite belongs to nobody") });
    expect(readdirSync(path("state")).filter((name) => name.startsWith("ledger.sqlite"))).toEqual(["ledger.sqlite"]);
    chmodSync(path("state", "ledger.sqlite"), 0o600);
    expect(as(NOBODY, "authority", "crl", "root").code).toBe(0);
  });

  test.each([
    ["a secret file", ["authority", "create", "b", "--passphrase-file", "PRIVATE"], { LOTMINT_PASSPHRASE: undefined }],
    ["a certificate", ["authority", "import", "b", "--certificate", "PRIVATE"], {}],
    ["a list of ids", ["revoke", "--file", "PRIVATE"], {}],
    ["a manifest", ["run", "PRIVATE", "--issuer", "root"], {}],
  ])("%s that may not be read is told with its owner", (_, args, env) => {
    const folder = mkdtempSync(join(tmpdir(), "lotmint-private-"));
    chmodSync(folder, 0o711);
    const file = join(folder, "file.csv");
    writeFileSync(file, "id\nd1\n", { mode: 0o600 });
    try {
      const { status, stderr } = spawnSync(
        execPath,
        [MAIN, "--home", home, ...args.map((arg) => (arg === "PRIVATE" ? file : arg))],
        { uid: NOBODY, gid: NOBODY, encoding: "utf8", env: { LOTMINT_PASSPHRASE: "a passphrase for tests", ...env } },
      );
      expect(stderr).toContain(`permission is denied to nobody (uid 65534): ${file} belongs to root`);
      expect(status).toBe(2);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    [["run", "thermo"]],
    [["watch", "--once"]],
    [["authority", "create", "other"]],
    [["backup", "/dev/null/backup"]],
  ])("root is refused before anything is written: %s", (args) => {
    const before = ownersBelow(home);
    const told = as(0, ...args);
    expect(told.code).toBe(2);
    expect(told.message).toMatch(/belongs to nobody \(uid 65534\), and this is root.*sudo -u nobody lotmint/);
    expect(ownersBelow(home)).toEqual(before);
  });

  test("root may look, and nothing in the home is root's then, nor while it looks", async () => {
    for (const args of [["status"], ["plan", "thermo"], ["authority", "list"]]) expect(as(0, ...args).code).toBe(0);
    expect(ownersBelow(home).filter(([, uid]) => uid !== NOBODY)).toEqual([]);
    const ledger = await openLedgerToRead(path("state", "ledger.sqlite"), { now: Date.now });
    try {
      await ledger.lots();
      const beside = ownersBelow(path("state")).filter(([name]) => name.startsWith("ledger.sqlite"));
      expect(beside.map(([name]) => name)).toContain("ledger.sqlite-shm");
      expect(beside.filter(([, uid]) => uid !== NOBODY)).toEqual([]);
    } finally {
      await ledger.close();
    }
  });

  test("a copy of the home that root spoiled names the file that is root's", () => {
    const copy = mkdtempSync(join(tmpdir(), "lotmint-spoiled-"));
    try {
      cpSync(path("state"), join(copy, "state"), { recursive: true });
      chownSync(copy, NOBODY, NOBODY);
      chmodSync(join(copy, "state"), 0o700);
      chownSync(join(copy, "state"), NOBODY, NOBODY);
      const told = runAs(NOBODY, ["--home", copy, "status"]);
      expect(told.code).toBe(14);
      expect(told.message).toContain(`${join(copy, "state", "ledger.sqlite")} belongs to root`);
    } finally {
      rmSync(copy, { recursive: true });
    }
  });

  test("the home's own user runs the lot", () => {
    expect(as(NOBODY, "run", "thermo").code).toBe(0);
  });
});

test("a current folder that is gone is told, and is no defect", () => {
  const gone = mkdtempSync(join(tmpdir(), "lotmint-gone-"));
  const { status, stderr } = spawnSync(
    "sh",
    ["-c", 'rmdir "$1" && exec "$2" "$3" status', "sh", gone, execPath, MAIN],
    { cwd: gone, encoding: "utf8" },
  );
  expect(stderr).toContain("the current folder: the folder is gone");
  expect(status).toBe(14);
});

/** Every path below a folder, with its owner. */
function ownersBelow(folder: string): readonly (readonly [string, number])[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.toSorted().map((name) => [name, statSync(join(folder, name)).uid] as const);
}
