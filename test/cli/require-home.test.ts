import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Argv } from "yargs";
import type { CommandRunner, GlobalOptions } from "../../src/cli/command.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { type HomeUse, requireHome } from "../../src/cli/require-home.ts";
import { homeLayout } from "../../src/disk/layout.ts";
import { runInProcess } from "../scenario/in-process.ts";

/** What each command line needs of its home, and the rest of it. */
const COMMAND_LINES: Readonly<Record<string, readonly [HomeUse, ...string[]]>> = {
  doctor: ["none"],
  completion: ["none"],
  init: ["none", "--sandbox"],
  "authority create": ["makes", "a"],
  "authority import": ["makes", "a"],
  "authority request": ["makes", "a"],
  "authority sign": ["writes", "request.pem", "--issuer", "a", "--out", "signed.pem"],
  "authority list": ["reads"],
  "authority show": ["reads", "a"],
  "authority upload": ["writes", "a"],
  "authority prove": ["writes", "a"],
  "authority crl": ["writes", "a"],
  "authority revoke": ["writes", "a"],
  plan: ["reads", "L1.csv", "--issuer", "a"],
  run: ["writes", "L1.csv", "--issuer", "a"],
  submit: ["writes", "L1"],
  watch: ["writes", "--once"],
  "keys fill": ["writes"],
  status: ["reads"],
  report: ["writes", "L1"],
  check: ["writes", "L1"],
  device: ["reads", "d1"],
  inspect: ["none", "file.pem"],
  receipt: ["reads", "L1"],
  "receipt verify": ["none", "receipt.json"],
  "truststore fetch": ["writes", "localhost:1"],
  "truststore list": ["none", "a.p12"],
  "truststore build": ["none", "a.p12", "--certificate", "a.pem"],
  "truststore add": ["none", "a.p12", "--certificate", "a.pem"],
  rehearse: ["writes", "L1"],
  revoke: ["writes", "d1"],
  remint: ["writes", "d1", "--reason", "superseded"],
  backup: ["writes", "file"],
  restore: ["makes", "file"],
  sandbox: ["makes"],
};

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-home-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Every command that can be typed, with the use that it states. */
function statedUses(): Readonly<Record<string, string>> {
  const uses: Record<string, string> = {};
  const runner = Object.assign((use: HomeUse) => use, { looks: () => "reads" }) as unknown as CommandRunner;
  const lineBelow = (above: string): Argv<GlobalOptions> =>
    new Proxy({} as Argv<GlobalOptions>, {
      get: (_, method) =>
        method !== "command"
          ? () => lineBelow(above)
          : (name: string, _words: string, build: (line: Argv<GlobalOptions>) => unknown, use?: unknown) => {
              const path = `${above}${name.split(" ")[0]}`;
              if (typeof use === "string") uses[path] = use;
              build(lineBelow(`${path} `));
              return lineBelow(above);
            },
    });
  for (const add of COMMANDS) add(lineBelow(""), runner);
  return uses;
}

test("every command states what it needs of the home", () => {
  expect(statedUses()).toEqual(Object.fromEntries(Object.entries(COMMAND_LINES).map(([name, [use]]) => [name, use])));
});

test.each(Object.entries(COMMAND_LINES).filter(([, [use]]) => use === "reads" || use === "writes"))(
  "%s in a folder that is no home is refused, says how to get one, and makes nothing",
  async (name, [, ...rest]) => {
    writeFileSync(join(folder, "L1.csv"), "id\nd1\n");
    const { code, text } = await runInProcess([...name.split(" "), ...rest, "--json"], folder, {
      LOTMINT_PASSPHRASE: "a passphrase for tests",
    });
    expect(code).toBe(2);
    const { error } = JSON.parse(text) as { error: { message: string } };
    expect(error.message).toContain(`${folder} is not a lotmint home`);
    expect(error.message).toContain("--home DIR");
    expect(error.message).toContain("lotmint init");
    expect(readdirSync(folder)).toEqual(["L1.csv"]);
  },
);

test.each(["lotmint.yaml", "jobs", "state"])("a folder with %s is a home", async (name) => {
  if (name === "lotmint.yaml") writeFileSync(join(folder, name), "");
  else mkdirSync(join(folder, name), { mode: 0o700 });
  expect((await runInProcess(["status", "--json"], folder)).code).toBe(0);
});

test("a command that may make a home makes it where there is none", async () => {
  const made = await runInProcess(["authority", "create", "a"], folder, {
    LOTMINT_PASSPHRASE: "a passphrase for tests",
  });
  expect(made.code).toBe(0);
  expect(existsSync(join(folder, "state", "ledger.sqlite"))).toBe(true);
});

test.skipIf(!isRoot)(
  "a home with another user's state is refused to root, naming sudo; looking is not (needs root)",
  () => {
    const home = homeLayout(folder);
    mkdirSync(home.state, { mode: 0o700 });
    chownSync(home.state, NOBODY, NOBODY);
    for (const use of ["writes", "makes"] as const) {
      expect(() => requireHome(home, use, 0)).toThrow(/belongs to .*uid 65534.*sudo -u \S+ lotmint/);
    }
    expect(() => requireHome(home, "reads", 0)).not.toThrow();
    expect(() => requireHome(home, "writes", NOBODY)).not.toThrow();
  },
);

test.skipIf(!isRoot)("root makes no home in another user's folder (needs root)", async () => {
  chownSync(folder, NOBODY, NOBODY);
  const { code, text } = await runInProcess(["authority", "create", "a", "--json"], folder, {
    LOTMINT_PASSPHRASE: "a passphrase for tests",
  });
  expect(code).toBe(2);
  expect(text).toContain("sudo -u");
  expect(readdirSync(folder)).toEqual([]);
});

test("a user may make a home in a folder that is shared", () => {
  chmodSync(folder, 0o777);
  expect(() => requireHome(homeLayout(folder), "makes", NOBODY)).not.toThrow();
});
