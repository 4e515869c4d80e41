import { execFileSync } from "node:child_process";
import { createPrivateKey, type KeyObject, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { findSecrets, type Secret, type Written } from "./find-secret.ts";
import { type Ended, makeRows, makeWorld, PASSPHRASE, type StartOptions, type World, writeLot } from "./harness.ts";

const HURRY = new URL("./hurry.ts", import.meta.url).href;
const LEVELS = ["silent", "error", "warn", "info", "debug"] as const;
const DEVICES = 6;

/** Printable ASCII, as long as a secret may be, with what shells, JSON and addresses write otherwise. */
const LOT_PASSWORD = `lot "p%ss & w\\rd" ${randomBytes(9).toString("base64url")}`;
const IMPORT_PASSPHRASE = `import-päßphrase-${randomBytes(9).toString("base64url")}`;
const WRONG_PASSPHRASE = `wrong-passphrase-${randomBytes(9).toString("base64url")}`;
const WRONG_PASSWORD = `wrong-password-${randomBytes(9).toString("base64url")}`;

let world: World;
/** For files that are not the program's. */
let aside: string;
/** Everything that came on stdout and stderr. */
const said: Written[] = [];

beforeAll(async () => {
  world = await makeWorld();
  aside = mkdtempSync(join(tmpdir(), "lotmint-aside-"));
  openssl(
    "req",
    "-x509",
    "-noenc",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-days",
    "3000",
    "-subj",
    "/CN=Foreign",
    "-addext",
    "keyUsage=critical,keyCertSign,cRLSign",
    "-keyout",
    join(aside, "ca.key"),
    "-out",
    join(aside, "ca.pem"),
  );
  openssl(
    "pkcs12",
    "-export",
    "-inkey",
    join(aside, "ca.key"),
    "-in",
    join(aside, "ca.pem"),
    "-passout",
    `pass:${IMPORT_PASSPHRASE}`,
    "-out",
    join(aside, "ca.p12"),
  );
});
afterAll(async () => {
  rmSync(aside, { recursive: true, force: true });
  await world.close();
});
afterEach(() => setFaults(world.sandbox.state.faults, []));

function openssl(...args: readonly string[]): string {
  return execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

async function run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  const env = { NODE_OPTIONS: `--import ${HURRY}`, ...options.env };
  const ended = await world.run(args, { ...options, env });
  const name = `what \`${args.join(" ")}\` said`;
  said.push({ name, content: Buffer.from(ended.stdout + ended.stderr) });
  return ended;
}

function write(lot: string, job: object = {}): void {
  writeLot(world.home, lot, makeRows(lot.toUpperCase(), DEVICES), { submit: { rowsPerUpload: 3 }, ...job });
}

/** Every file of the home, and what was said so far. */
function everyByte(): readonly Written[] {
  const files = readdirSync(world.home, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return [...files.map((file) => ({ name: relative(world.home, file), content: readFileSync(file) })), ...said];
}

/** What somebody gave the program, and what of a login goes over the line. */
function givenSecrets(): readonly Secret[] {
  const { password, user, token } = world.sandbox.credentials;
  const texts = {
    "the passphrase": PASSPHRASE,
    "a wrong passphrase": WRONG_PASSPHRASE,
    "the lot's password": LOT_PASSWORD,
    "the import passphrase": IMPORT_PASSPHRASE,
    "the platform's password": password,
    "a wrong platform password": WRONG_PASSWORD,
    "the platform's token": token,
    "the login": `${world.sandbox.tenant}/${user}:${password}`,
  };
  return Object.entries(texts).map(([name, text]) => ({ name, octets: Buffer.from(text) }));
}

/** The passwords that a lot lists so far: they may stand in its secrets folder, and nowhere else. */
function listedPasswords(lot: string): readonly (readonly [string, string])[] {
  const folder = join(world.home, "output", lot, "secrets");
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".csv"));
  return files.flatMap((file) => {
    const lines = readFileSync(join(folder, file), "utf8").split("\n");
    return lines.flatMap((line): (readonly [string, string])[] => {
      const [id = "", password = ""] = line.split(",");
      return password === "" || password === "password" ? [] : [[id, password]];
    });
  });
}

/** A private key by what no encoding of it can do without: an EC key's number. */
function keySecret(name: string, key: KeyObject): Secret {
  const { d = "" } = key.export({ format: "jwk" });
  return { name, octets: Buffer.from(d, "base64url") };
}

/** Keys of the authorities here, and of the devices whose keystores open with the passwords that are known. */
function privateKeys(passwords: ReadonlyMap<string, string>): readonly Secret[] {
  const authorities = join(world.home, "state", "authorities");
  const own = readdirSync(authorities).flatMap((name) => {
    const file = join(authorities, name, "key.pem");
    if (!existsSync(file)) return [];
    return [keySecret(`the key of ${name}`, createPrivateKey({ key: readFileSync(file), passphrase: PASSPHRASE }))];
  });
  const devices = [...passwords].flatMap(([place, password]) => {
    const file = join(world.home, "output", place, "keystore.p12");
    if (!existsSync(file)) return [];
    const pem = execFileSync("openssl", ["pkcs12", "-in", file, "-noenc", "-nocerts", "-passin", "stdin"], {
      input: password,
      stdio: "pipe",
    });
    return [keySecret(`the key of ${place}`, createPrivateKey(pem))];
  });
  return [...own, ...devices];
}

/** Everything that stands anywhere where it should not. */
function leaks(lots: readonly string[], lotPasswords: Readonly<Record<string, string>> = {}): readonly string[] {
  const passwords = new Map<string, string>();
  const listed: Secret[] = [];
  for (const lot of lots) {
    for (const [id, password] of listedPasswords(lot)) {
      const allowed = new RegExp(`^output/${lot}/secrets/`);
      listed.push({ name: `the password of ${id}`, octets: Buffer.from(password), allowed });
      passwords.set(`${lot}/devices/${id}`, password);
    }
    const shared = lotPasswords[lot];
    const devices = join(world.home, "output", lot, "devices");
    if (shared === undefined || !existsSync(devices)) continue;
    for (const id of readdirSync(devices)) passwords.set(`${lot}/devices/${id}`, shared);
  }
  const written = everyByte();
  const marked = written.filter(({ content }) =>
    /-----BEGIN (?:EC |RSA )?PRIVATE KEY-----/.test(content.toString("latin1")),
  );
  return [
    ...findSecrets([...givenSecrets(), ...listed, ...privateKeys(passwords)], written),
    ...marked.map(({ name }) => `a private key in the clear stands in ${name}`),
  ];
}

const KEYSTORES = { pkcs12: {}, jks: {}, pem: { key: "encrypted" } };

test("the search finds a secret in every spelling, so that finding none means something", () => {
  const secret = { name: "it", octets: Buffer.from('a "secret" ünder way') };
  const { octets } = secret;
  const text = octets.toString();
  const spelled = [
    octets,
    Buffer.from(text, "utf16le"),
    Buffer.from(octets.toString("hex")),
    Buffer.from(`{"x":${JSON.stringify(text)}}`),
    Buffer.from(encodeURIComponent(text)),
    ...["", "x", "xy"].map((before) => Buffer.from(Buffer.from(`${before}${text}z`).toString("base64"))),
  ];
  for (const content of spelled) {
    const around = Buffer.concat([randomBytes(50), content, randomBytes(50)]);
    expect(findSecrets([secret], [{ name: "there", content: around }])).toEqual(["it stands in there"]);
  }
  expect(findSecrets([secret], [{ name: "there", content: randomBytes(10_000) }])).toEqual([]);
  expect(findSecrets([{ ...secret, allowed: /^there$/ }], [{ name: "there", content: octets }])).toEqual([]);
});

test("a lot with a password for each device, killed at every turn, under faults and at every level, leaks nothing", async () => {
  write("sa", { keystores: KEYSTORES });
  const { password } = world.sandbox.credentials;
  setFaults(world.sandbox.state.faults, [
    { kind: "status", status: 500, message: `you said ${password}`, rate: 0.3 },
    { kind: "cut-after", rate: 0.2 },
  ]);
  const steps = ["written", "minted", "passwords-assembled", "upload-opened"] as const;
  for (const [index, step] of steps.entries()) {
    const level = LEVELS[(LEVELS.length - 1 - index) % LEVELS.length] ?? "debug";
    await run(["run", "sa", "--log-level", level], { at: { step, signal: "SIGKILL" } });
    // The ledger's log is there still.
    expect(leaks(["sa"])).toEqual([]);
  }
  setFaults(world.sandbox.state.faults, []);
  expect((await run(["run", "sa", "--log-level", "debug", "--json"])).code).toBe(0);
  expect(listedPasswords("sa")).toHaveLength(DEVICES);
  for (const words of [["status"], ["report", "sa"], ["check", "sa", "--platform"], ["plan", "sa"]]) {
    expect((await run([...words, "--log-level", "debug"])).code).toBe(0);
  }
  // Two authorities' keys and each device's are what was looked for.
  const known = listedPasswords("sa").map(([id, secret]) => [`sa/devices/${id}`, secret] as const);
  expect(privateKeys(new Map(known))).toHaveLength(2 + DEVICES);
  expect(leaks(["sa"])).toEqual([]);
});

test("a lot with one password, from the environment or a file, leaks it neither when it is minted nor when it is wrong", async () => {
  write("sb", { keystores: KEYSTORES, passwords: "per-lot" });
  const refused = await run(["run", "sb"], { env: { LOTMINT_LOT_PASSWORD: LOT_PASSWORD.slice(0, 15) } });
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("at least 16 characters")]);
  expect(refused.stdout + refused.stderr).not.toContain(LOT_PASSWORD.slice(0, 15));
  const env = { LOTMINT_LOT_PASSWORD: LOT_PASSWORD };
  await run(["run", "sb", "--log-level", "debug"], { env, at: { step: "written", signal: "SIGKILL" } });
  expect(leaks(["sb"], { sb: LOT_PASSWORD })).toEqual([]);
  const file = join(aside, "lot-password");
  writeFileSync(file, `${LOT_PASSWORD}\n`, { mode: 0o600 });
  const fromFile = { LOTMINT_LOT_PASSWORD_FILE: file };
  expect((await run(["run", "sb", "--log-level", "debug", "--json"], { env: fromFile })).code).toBe(0);
  expect((await run(["check", "sb", "--log-level", "debug"], { env })).code).toBe(0);
  const both = await run(["check", "sb"], { env: { ...env, ...fromFile } });
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining("keep one of them")]);
  expect(leaks(["sb"], { sb: LOT_PASSWORD })).toEqual([]);
});

test("a passphrase or login that is wrong is repeated at no level", async () => {
  write("sc");
  for (const level of LEVELS) {
    const env = { LOTMINT_PASSPHRASE: WRONG_PASSPHRASE };
    expect((await run(["run", "sc", "--log-level", level], { env })).code).toBe(10);
  }
  const wrongLogin = { LOTMINT_PLATFORM_PASSWORD: WRONG_PASSWORD };
  for (const words of [["--log-level", "debug"], ["--json"]]) {
    expect((await run(["run", "sc", ...words], { env: wrongLogin })).code).toBe(12);
  }
  expect((await run(["authority", "create", "short"], { env: { LOTMINT_PASSPHRASE: "short-one" } })).code).toBe(2);
  expect(said.at(-1)?.content.toString()).not.toContain("short-one");
  expect(leaks(["sc"])).toEqual([]);
});

test("a token instead of a password is told to nobody", async () => {
  const env = { LOTMINT_PLATFORM_PASSWORD: undefined, LOTMINT_PLATFORM_TOKEN: world.sandbox.credentials.token };
  const message = `not with Bearer ${world.sandbox.credentials.token}`;
  setFaults(world.sandbox.state.faults, [{ kind: "status", status: 503, message, rate: 0.4 }]);
  await run(["run", "sc", "--log-level", "debug"], { env });
  setFaults(world.sandbox.state.faults, []);
  expect((await run(["run", "sc", "--log-level", "debug"], { env })).code).toBe(0);
  expect(leaks(["sc"])).toEqual([]);
});

test("an authority that is imported comes with no trace of the passphrase that it had", async () => {
  const words = ["authority", "import", "foreign", "--pkcs12", join(aside, "ca.p12"), "--log-level", "debug"];
  const wrong = await run(words, { env: { LOTMINT_IMPORT_PASSPHRASE: WRONG_PASSPHRASE } });
  expect([wrong.code, wrong.stderr]).toEqual([10, expect.stringContaining("LOTMINT_IMPORT_PASSPHRASE")]);
  expect((await run(words, { env: { LOTMINT_IMPORT_PASSPHRASE: IMPORT_PASSPHRASE } })).code).toBe(0);
  expect((await run(["authority", "show", "foreign", "--json"])).code).toBe(0);
  expect(leaks([])).toEqual([]);
});

test("given as files, no secret can be seen in the program's own environment and arguments while it runs", async () => {
  write("sd");
  const give = (name: string, secret: string) => {
    const file = join(aside, name);
    writeFileSync(file, secret, { mode: 0o600 });
    return file;
  };
  mkdirSync(join(aside, "proc"), { recursive: true });
  const env = {
    LOTMINT_PASSPHRASE: undefined,
    LOTMINT_PASSPHRASE_LINE_1_FILE: give("line-1", PASSPHRASE),
    LOTMINT_PLATFORM_PASSWORD: undefined,
    LOTMINT_PLATFORM_PASSWORD_FILE: give("platform", world.sandbox.credentials.password),
  };
  const started = world.start(["run", "sd", "--log-level", "debug"], {
    env,
    at: { step: "synced", signal: "SIGSTOP" },
  });
  await expect.poll(() => stateOf(started.child.pid), { timeout: 120_000 }).toBe("T");
  for (const file of ["cmdline", "environ"]) {
    said.push({ name: `its ${file}`, content: readFileSync(`/proc/${started.child.pid}/${file}`) });
  }
  started.child.kill("SIGCONT");
  expect((await started.ended).code).toBe(0);
  expect(leaks(["sd"])).toEqual([]);
});

/** T: stopped (proc_pid_stat(5)). */
function stateOf(pid: number | undefined): string | undefined {
  return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
}
