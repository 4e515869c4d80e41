import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runInProcess } from "../../scenario/in-process.ts";
import { typedTerminal } from "../terminal.ts";

const PASSPHRASE = "a passphrase for tests";
const ENV = { LOTMINT_PASSPHRASE: PASSPHRASE };
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-init-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Every file below, with its content and its time, but for what SQLite keeps beside a ledger. */
function tree(): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => !/ledger|locks/.test(file));
  return Object.fromEntries(
    files.map((file) => {
      const status = statSync(join(folder, file));
      return [file, status.isFile() ? `${status.mtimeMs} ${readFileSync(join(folder, file), "utf8")}` : "folder"];
    }),
  );
}

interface Answer {
  readonly made: readonly string[];
  readonly next: readonly string[];
}

const init = async (args: readonly string[], env: Readonly<Record<string, string>> = ENV) => {
  const { code, text } = await runInProcess(["init", "--json", ...args], folder, env);
  return { code, ...(JSON.parse(text) as Answer & { readonly error?: { readonly message: string } }) };
};

test("makes a home for the sandbox in which the next commands make the first lot, and no run warns of anything", async () => {
  const { code, made, next } = await init(["--sandbox", "--organization", "Acme GmbH"]);
  expect(code).toBe(0);
  expect(made).toEqual(
    expect.arrayContaining([
      "lotmint.yaml",
      "jobs/first.yaml",
      "input/first-0001.csv",
      "root root",
      "intermediate line-1",
    ]),
  );
  expect(next).toEqual(expect.arrayContaining(["lotmint sandbox", "lotmint plan first", "lotmint run first"]));
  expect(statSync(join(folder, "state")).mode & 0o777).toBe(0o700);
  const stop = new AbortController();
  const ready = Promise.withResolvers<void>();
  const stdout = { write: () => ready.resolve() } as unknown as NodeJS.WriteStream;
  const sandbox = runInProcess(["sandbox", "--json"], folder, {}, { signal: stop.signal, stdout });
  try {
    await ready.promise;
    const env = { ...ENV, LOTMINT_PLATFORM_PASSWORD_FILE: join(folder, "state/sandbox/password") };
    const run = await runInProcess(["run", "first", "--json"], folder, env);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.text)).toMatchObject({ counts: { confirmed: 3 }, notes: [] });
    expect((await runInProcess(["rehearse", "first-0001"], folder, env)).code).toBe(0);
  } finally {
    stop.abort();
    await sandbox;
  }
});

test("run again it changes nothing and says so", async () => {
  await init(["--sandbox"]);
  const before = tree();
  const again = await runInProcess(["init", "--sandbox", "--job", "other"], folder, {});
  expect(again).toMatchObject({ code: 0, text: expect.stringContaining("is complete; nothing was changed") });
  expect(tree()).toEqual(before);
});

test("a home for a tenant names it, and the root's upload comes next", async () => {
  const { code, next } = await init([
    "--platform",
    "https://acme.example",
    "--tenant",
    "t1",
    "--user",
    "me",
    "--root",
    "hq",
  ]);
  expect(code).toBe(0);
  const site = readFileSync(join(folder, "lotmint.yaml"), "utf8");
  for (const line of ['url: "https://acme.example"', 'tenant: "t1"', 'user: "me"']) expect(site).toContain(line);
  expect(next).toContain("lotmint authority upload hq --prove");
});

test("makes a folder that is not there, and tells to go there", async () => {
  const { code, next } = await init(["factory", "--without-platform"]);
  expect(code).toBe(0);
  expect(existsSync(join(folder, "factory/state/authorities/line-1/key.pem"))).toBe(true);
  expect(next[0]).toBe(`cd ${join(folder, "factory")}`);
});

test("a home that was stopped half-way is completed, and what is there stays as it is", async () => {
  await init(["--without-platform"]);
  rmSync(join(folder, "state/authorities/line-1"), { recursive: true });
  writeFileSync(join(folder, "lotmint.yaml"), "lotsAtOnce: 2\n");
  rmSync(join(folder, "input/first-0001.csv"));
  const { code, made } = await init([]);
  expect({ code, made }).toEqual({ code: 0, made: ["intermediate line-1"] });
  expect(readFileSync(join(folder, "lotmint.yaml"), "utf8")).toBe("lotsAtOnce: 2\n");
});

test("a signal stops between two steps, and the same command completes the home", async () => {
  const stopped = await runInProcess(["init", "--without-platform"], folder, ENV, { signal: AbortSignal.abort() });
  expect(stopped.code).toBe(130);
  expect((await init(["--without-platform"])).made).toContain("intermediate line-1");
});

test.each<readonly [string, readonly string[], Readonly<Record<string, string>>, string]>([
  ["no platform named and nobody to ask", [], ENV, "--sandbox"],
  ["two platforms", ["--sandbox", "--without-platform"], ENV, "exclude each other"],
  ["a platform without a user", ["--platform", "https://acme.example"], ENV, "--user"],
  ["an address in the clear", ["--platform", "http://acme.example", "--user", "me"], ENV, "https://"],
  ["a short passphrase", ["--sandbox"], { LOTMINT_PASSPHRASE: "short" }, "at least 12 characters"],
  ["no passphrase", ["--sandbox"], {}, "LOTMINT_PASSPHRASE_ROOT"],
  ["a name that cannot be", ["--sandbox", "--root", "Acme Root"], ENV, "authority's name"],
  ["a job's name with a path", ["--sandbox", "--job", "../x"], ENV, "job's name"],
  ["one name for both", ["--sandbox", "--root", "line-1"], ENV, "both"],
])("%s is refused with 2, and nothing is made", async (_what, args, env, words) => {
  const { code, error } = await init(args, env);
  expect(code).toBe(2);
  expect(error?.message).toContain(words);
  expect(readdirSync(folder)).toEqual([]);
});

test("on a terminal it asks for everything, shows no passphrase, and makes the same", async () => {
  const terminal = typedTerminal([
    ..."2|ftp://x|https://acme.example|t1|line|thermo|line-3|acme-root|Acme GmbH".split("|"),
    ...["short", "root passphrase", "root passphrase", "line passphrase", "line passphrase"],
  ]);
  const { code } = await runInProcess(["init"], folder, {}, terminal);
  expect(terminal.shown()).not.toContain("passphrase\r");
  expect(terminal.shown()).toContain("at least 12 characters");
  expect(code).toBe(0);
  expect(readFileSync(join(folder, "jobs/thermo.yaml"), "utf8")).toContain("issuer: line-3");
  const { text } = await runInProcess(["authority", "list", "--json"], folder);
  expect(text).toContain("CN=acme-root,O=Acme GmbH");
});

test("Ctrl-C at a question leaves nothing", async () => {
  const terminal = typedTerminal(["1", "", "", "", "", "root pass\u0003"]);
  expect((await runInProcess(["init"], folder, {}, terminal)).code).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
});
