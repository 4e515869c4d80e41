import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeChain } from "../fixtures/make-chain.ts";
import { pemOf } from "../fixtures/make-issuer.ts";
import {
  digestsOf,
  hasJava,
  hasKeytool,
  hasOpenssl,
  keytool,
  openssl,
  readWithJava,
} from "../fixtures/other-readers.ts";
import { type Ended, runLotmint } from "./harness.ts";
import { closeHosts } from "./hosts.ts";

const folder = mkdtempSync(join(tmpdir(), "lotmint-truststore-"));
afterAll(async () => {
  await closeHosts();
  rmSync(folder, { recursive: true, force: true });
});

const at = (name: string) => join(folder, name);
const chain = makeChain([{ subject: "CN=leaf" }, { subject: "CN=middle" }, { subject: "CN=root" }], Date.now());
const [leaf = Buffer.alloc(0), middle = Buffer.alloc(0), root = Buffer.alloc(0)] = chain.map(({ raw }) => raw);

beforeAll(() => {
  writeFileSync(at("leaf.pem"), pemOf(leaf));
  writeFileSync(at("middle.der"), middle);
  writeFileSync(at("Root CA.crt"), pemOf(root));
  writeFileSync(at("both.pem"), pemOf(middle, root));
});

/** In a folder that is no home. */
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  runLotmint(["--home", folder, "truststore", ...args, "--json"], { env });
const json = (ended: Ended) => JSON.parse(ended.stdout);
const aliases = (ended: Ended) => json(ended).entries.map(({ alias }: { alias: string }) => alias);
const build = (name: string, ...certificates: readonly string[]) =>
  run(["build", at(name), ...certificates.flatMap((each) => ["--certificate", each])]);

async function refused(ended: Promise<Ended>, message: string): Promise<void> {
  const { code, stdout } = await ended;
  expect(code).toBe(2);
  expect(JSON.parse(stdout).error.message).toContain(message);
}

describe.each(["p12", "pfx", "jks", "pem"])("a truststore named .%s", (ending) => {
  const name = `store.${ending}`;
  const type = ending === "jks" ? "JKS" : "PKCS12";

  test("is built with aliases of one's own, and grows", async () => {
    rmSync(at(name), { force: true });
    const built = await build(name, `${at("leaf.pem")}=line-3`, at("Root CA.crt"));
    expect(built.code).toBe(0);
    const first = ending === "jks" ? ["line-3", "root ca"] : ["line-3", "Root CA"];
    const listed = await run(["list", at(name)]);
    expect(aliases(listed)).toEqual(first);
    expect(json(listed)).toMatchObject({
      kind: "truststore",
      entries: [{ kind: "trusted", chain: [{ subject: "CN=leaf" }] }, {}],
    });
    chmodSync(at(name), 0o640);
    expect((await run(["add", at(name), "--certificate", `${at("middle.der")}=middle`])).code).toBe(0);
    expect(aliases(await run(["list", at(name)]))).toEqual([...first, "middle"]);
    expect(statSync(at(name)).mode & 0o777).toBe(0o640);
    expect(readdirSync(folder).filter((each) => each.includes("tmp") || each.startsWith("."))).toEqual([]);
  });

  test.skipIf(!hasJava || ending === "pem")("opens in Java, all of it trusted (skipped without java)", () => {
    const [line] = readWithJava([{ type, content: readFileSync(at(name)), password: "changeit" }]);
    const names = ["line-3", "root ca", "middle"].sort();
    for (const alias of names) expect(line?.toLowerCase()).toContain(`trusted ${alias} `);
    for (const each of [leaf, middle, root]) expect(line).toContain(digestsOf(each));
    expect(line).toContain("anchors 3");
  });

  test.skipIf(!hasOpenssl || ending === "jks")("opens in openssl (skipped without openssl)", () => {
    const text =
      ending === "pem"
        ? openssl(["storeutl", "-noout", "-text", "-certs", at(name)])
        : openssl(["pkcs12", "-in", at(name), "-nokeys", "-passin", "pass:changeit"]);
    for (const subject of ["leaf", "middle", "root"])
      expect(text).toMatch(new RegExp(`subject=?:? ?CN ?= ?${subject}`, "i"));
  });

  test("an alias that is taken, in any case, is refused and nothing is written", async () => {
    const before = readFileSync(at(name));
    await refused(
      run(["add", at(name), "--certificate", `${at("middle.der")}=new`, `${at("leaf.pem")}=LINE-3`]),
      'the alias "LINE-3" is taken',
    );
    await refused(run(["add", at(name), "--certificate", at("middle.der")]), 'the alias "middle" is taken');
    expect(readFileSync(at(name)).equals(before)).toBe(true);
  });

  test("one that is there is not built anew, and a bad certificate leaves nothing behind", async () => {
    const before = readFileSync(at(name));
    await refused(build(name, at("leaf.pem")), "is there already");
    expect(readFileSync(at(name)).equals(before)).toBe(true);
    writeFileSync(at("none.pem"), "no certificate");
    await refused(build(`other.${ending}`, at("leaf.pem"), at("none.pem")), "it holds no certificate");
    expect(existsSync(at(`other.${ending}`))).toBe(false);
  });
});

test("several certificates of a file get a number each", async () => {
  expect(aliases(await build("several.p12", at("both.pem")))).toEqual(["both", "both-2"]);
  expect(aliases(await build("several.pem", `${at("both.pem")}=ca`))).toEqual(["ca", "ca-2"]);
});

test("the password is LOTMINT_FILE_PASSWORD, else changeit; a wrong one opens nothing", async () => {
  const env = { LOTMINT_FILE_PASSWORD: "another password" };
  for (const name of ["own.p12", "own.jks"]) {
    expect((await run(["build", at(name), "--certificate", at("leaf.pem")], env)).code).toBe(0);
    await refused(run(["list", at(name)]), "the password does not open it");
    const before = readFileSync(at(name));
    await refused(run(["add", at(name), "--certificate", at("middle.der")]), "the password does not open it");
    expect(readFileSync(at(name)).equals(before)).toBe(true);
    expect((await run(["add", at(name), "--certificate", at("middle.der")], env)).code).toBe(0);
    expect(aliases(await run(["list", at(name)], env))).toEqual(["leaf", "middle"]);
  }
});

test.skipIf(!hasKeytool)(
  "a truststore of keytool is read, and added to in its own format (skipped without keytool)",
  async () => {
    const trust = (name: string, type: string) => [
      [
        "-importcert",
        "-noprompt",
        "-file",
        at("leaf.pem"),
        "-alias",
        "theirs",
        "-keystore",
        at(name),
        "-storetype",
        type,
        "-storepass",
        "changeit",
      ],
    ];
    // The ending says nothing of what keytool has written.
    keytool([...trust("theirs.p12", "PKCS12"), ...trust("theirs-too.jks", "PKCS12"), ...trust("theirs.jks", "JKS")]);
    for (const [name, type] of [
      ["theirs.p12", "PKCS12"],
      ["theirs-too.jks", "PKCS12"],
      ["theirs.jks", "JKS"],
    ] as const) {
      expect(aliases(await run(["list", at(name)]))).toEqual(["theirs"]);
      expect((await run(["add", at(name), "--certificate", `${at("Root CA.crt")}=ours`])).code).toBe(0);
      const [text = ""] = keytool([["-list", "-keystore", at(name), "-storetype", type, "-storepass", "changeit"]]);
      for (const alias of ["theirs", "ours"]) expect(text).toMatch(new RegExp(`^${alias}, .*trustedCertEntry`, "m"));
    }
  },
);

test.skipIf(!hasOpenssl)(
  "what is no truststore is refused: a keystore, certificates without Java's mark (skipped without openssl)",
  async () => {
    const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", at("a.key")];
    openssl(["req", "-x509", ...key, "-subj", "/CN=a", "-out", at("a.pem")]);
    const from = ["pkcs12", "-export", "-inkey", at("a.key"), "-in", at("a.pem"), "-passout", "pass:changeit"];
    openssl([...from, "-out", at("key.p12")]);
    openssl([...from, "-nokeys", "-out", at("unmarked.p12")]);
    await refused(run(["list", at("key.p12")]), "it holds a private key");
    await refused(run(["add", at("key.p12"), "--certificate", at("leaf.pem")]), "it holds a private key");
    await refused(run(["list", at("unmarked.p12")]), "a certificate that Java does not trust");
    await refused(run(["list", at("a.key")]), "it holds a private key");
  },
);

test("names and aliases that cannot be are refused, and a file with an equals sign is found", async () => {
  await refused(build("store.zip", at("leaf.pem")), "the ending of a truststore's name tells its format");
  await refused(build("x.p12", `${at("leaf.pem")}=`), "is empty");
  await refused(build("x.p12", `${at("leaf.pem")}=${"a".repeat(65)}`), "more than 64 characters");
  await refused(build("x.p12", `${at("leaf.pem")}=one`, `${at("middle.der")}=One`), 'the alias "One" is taken');
  expect(existsSync(at("x.p12"))).toBe(false);
  writeFileSync(at("a=b.pem"), pemOf(leaf));
  expect(aliases(await build("equals.pem", at("a=b.pem")))).toEqual(["a=b"]);
});

test("an expired certificate is taken with a warning", async () => {
  const [old] = makeChain([{ notBeforeMs: 0, notAfterMs: 86_400_000 }, {}], Date.now());
  writeFileSync(at("old.pem"), pemOf(old?.raw ?? leaf));
  const ended = await build("old.p12", at("old.pem"));
  expect(ended.code).toBe(0);
  expect(ended.stderr).toContain("expired on 1970-01-02");
});

test("a link is followed, and stays", async () => {
  mkdirSync(at("real"));
  expect((await build("real/a.jks", at("leaf.pem"))).code).toBe(0);
  symlinkSync(at("real/a.jks"), at("link.jks"));
  expect((await run(["add", at("link.jks"), "--certificate", at("middle.der")])).code).toBe(0);
  expect(aliases(await run(["list", at("real/a.jks")]))).toEqual(["leaf", "middle"]);
});
