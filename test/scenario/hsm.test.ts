import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasSoftHsm, makeSoftHsm, PIN, SOFT_HSM, type SoftHsm } from "../fixtures/hsm/soft-hsm.ts";
import { type Ended, makeWorld, PASSPHRASE, type StartOptions, untilStopped, type World, writeJob } from "./harness.ts";

let world: World;
let hsm: SoftHsm;

/** In a process of its own: a process has a PKCS#11 module, its environment and its login once. */
function run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  const env = { ...hsm.env, LOTMINT_HSM_PIN: PIN, LOTMINT_PASSPHRASE: undefined, ...options.env };
  return world.start(args, { ...options, env }).ended;
}

async function must(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  const ended = await run(args, options);
  expect(ended.code, ended.stderr).toBe(0);
  return ended;
}

/** The world's lotmint.yaml with an hsm section. */
function writeHsm(module: string, more: Readonly<Record<string, unknown>> = {}): void {
  const file = join(world.home, "lotmint.yaml");
  const site = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...site, hsm: { module, ...more } }));
}

function authority(name: string, file: string): string {
  return join(world.home, "state", "authorities", name, file);
}

function writeManifest(lot: string, devices: number): string {
  const path = join(world.home, "input", `${lot}.csv`);
  writeFileSync(path, `id\n${Array.from({ length: devices }, (_, index) => `${lot}-${index}\n`).join("")}`);
  return path;
}

/** OpenSSL verifies each certificate of a lot up to the root. */
function verifyLot(lot: string, root: string, issuer: string): number {
  const devices = join(world.home, "output", lot, "devices");
  const files = readdirSync(devices).map((id) => join(devices, id, "certificate.pem"));
  const answer = execFileSync("openssl", ["verify", "-CAfile", root, "-untrusted", issuer, ...files], {
    encoding: "utf8",
  });
  expect(answer.match(/: OK$/gm)?.length).toBe(files.length);
  return files.length;
}

/** OpenSSL verifies the receipt of a lot up to the root. */
function verifyReceipt(lot: string, root: string): void {
  const [json, signature] = ["receipt.json", "receipt.p7s"].map((file) => join(world.home, "output", lot, file));
  const args = ["-in", String(signature), "-content", String(json), "-CAfile", root, "-out", "/dev/null"];
  execFileSync("openssl", ["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", ...args], {
    stdio: "pipe",
  });
}

describe.skipIf(!hasSoftHsm)("authorities whose key is in a token (skipped without SoftHSM2 and pkcs11js)", () => {
  beforeEach(async () => {
    world = await makeWorld();
    hsm = makeSoftHsm();
    hsm.addToken("line");
    world.writeSite(undefined);
    writeHsm(SOFT_HSM);
  });
  afterEach(async () => {
    await world.close();
    hsm.close();
  });

  test.each(["ec-p256", "ec-p384", "rsa-2048"])(
    "a root and an intermediate with %s sign a lot, lists and a request, and OpenSSL verifies all of it",
    async (key) => {
      await must(["authority", "create", "top", "--key", key, "--hsm", "pkcs11:token=line;object=top%20key;id=%01%ff"]);
      await must(["authority", "create", "cell", "--issuer", "top", "--key", key, "--hsm", "pkcs11:token=line"]);
      expect(existsSync(authority("cell", "key.pem"))).toBe(false);
      expect(readFileSync(authority("cell", "authority.yaml"), "utf8")).toContain(
        'hsm: "pkcs11:token=line;object=cell"',
      );
      const keys = hsm.keysOf("line");
      expect(keys.map(({ kind, label }) => `${kind} ${label}`).sort()).toEqual([
        "private cell",
        "private top key",
        "public cell",
        "public top key",
      ]);
      for (const one of keys.filter(({ kind }) => kind === "private")) {
        expect(one).toMatchObject({ sensitive: true, extractable: false, neverExtractable: true });
      }
      const idsOf = (label: string) => new Set(keys.filter((one) => one.label === label).map(({ id }) => id));
      expect(idsOf("top key")).toEqual(new Set(["01ff"]));
      expect([...idsOf("cell")]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);

      await must(["run", writeManifest("lot-a", 30), "--issuer", "cell"]);
      expect(verifyLot("lot-a", authority("top", "certificate.pem"), authority("cell", "certificate.pem"))).toBe(30);
      verifyReceipt("lot-a", authority("top", "certificate.pem"));
      await must(["receipt", "lot-a"], { env: { LOTMINT_HSM_PIN: undefined } });
      await must(["authority", "revoke", "cell", "--yes"]);
      await must(["authority", "crl", "cell"]);
      for (const name of ["top", "cell"]) {
        const chain = authority(name, "chain.pem");
        execFileSync("openssl", ["crl", "-in", authority(name, "crl.pem"), "-CAfile", chain, "-noout"], {
          stdio: "pipe",
        });
      }
      const requested = await must(["authority", "request", "next", "--key", key, "--hsm", "pkcs11:token=line"]);
      const request = join(world.home, "next.csr");
      writeFileSync(request, requested.stdout);
      execFileSync("openssl", ["req", "-in", request, "-verify", "-noout"], { stdio: "pipe" });
      const signed = join(world.home, "next.pem");
      await must(["authority", "sign", request, "--issuer", "top", "--out", signed]);
      await must(["authority", "import", "next", "--certificate", signed], { env: { LOTMINT_HSM_PIN: undefined } });
      await must(["run", writeManifest("lot-b", 5), "--issuer", "next"]);
      expect(verifyLot("lot-b", authority("top", "certificate.pem"), authority("next", "certificate.pem"))).toBe(5);
      await must(["check", "lot-b"], { env: { LOTMINT_HSM_PIN: undefined } });
    },
  );

  test("a platform takes its proof of possession, and a file's issuer signs one in a token", async () => {
    world.writeSite(world.sandbox.url);
    writeHsm(SOFT_HSM);
    const env = { LOTMINT_PASSPHRASE: PASSPHRASE };
    await must(["authority", "create", "cell", "--issuer", "root", "--hsm", "pkcs11:token=line;object=c"], { env });
    await must(["authority", "upload", "cell", "--prove"]);
    const shown = await must(["authority", "show", "cell", "--json"], { env: { LOTMINT_HSM_PIN: undefined } });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      hasKey: true,
      hsm: "pkcs11:token=line;object=c",
      platform: { certificate: { proofOfPossessionValid: true } },
    });
  });

  test("a receipt that a token owes is written by the next run that has the PIN, and the note names the PIN", async () => {
    world.writeSite(world.sandbox.url);
    writeHsm(SOFT_HSM);
    const env = { LOTMINT_PASSPHRASE: PASSPHRASE };
    await must(["authority", "create", "cell", "--issuer", "root", "--hsm", "pkcs11:token=line"], { env });
    await must(["authority", "upload", "cell", "--prove"]);
    writeManifest("lot", 3);
    writeJob(world.home, "lot", { issuer: "cell", submit: { enabled: false } });
    await must(["run", "lot"]);
    const receipts = () => readdirSync(join(world.home, "state", "receipts")).length;
    const before = receipts();
    const submitted = await must(["submit", "lot"], { env: { LOTMINT_HSM_PIN: undefined } });
    expect(submitted.stdout.replace(/\s+/g, " ")).toContain(
      'no receipt was written: no PIN given for the token "line"; set LOTMINT_HSM_PIN or LOTMINT_HSM_PIN_FILE',
    );
    expect(receipts()).toBe(before);
    await must(["run", "lot"]);
    expect(receipts()).toBe(before + 2);
    verifyReceipt("lot", authority("root", "certificate.pem"));
  });

  test("a key that is in the token already is taken in for its own certificate, and for no other", async () => {
    await must(["authority", "create", "top", "--hsm", "pkcs11:token=line;object=top"]);
    await must(["authority", "create", "other", "--hsm", "pkcs11:token=line;object=other"]);
    const certificate = join(world.home, "top.pem");
    writeFileSync(certificate, readFileSync(authority("top", "certificate.pem")));
    execFileSync("rm", ["-r", authority("top", "")]);
    const wrong = await run([
      "authority",
      "import",
      "top",
      "--certificate",
      certificate,
      "--hsm",
      "pkcs11:token=line;object=other",
    ]);
    expect(wrong.code).toBe(10);
    expect(wrong.stderr).toContain("does not belong to the certificate");
    expect(existsSync(authority("top", ""))).toBe(false);
    await must(["authority", "import", "top", "--certificate", certificate, "--hsm", "pkcs11:token=line;object=top"]);
    expect(existsSync(authority("top", "key.pem"))).toBe(false);
    await must(["run", writeManifest("lot", 3), "--issuer", "top"]);
    // Somebody edits the URI: the key is compared before anything is signed.
    const yaml = authority("top", "authority.yaml");
    writeFileSync(yaml, readFileSync(yaml, "utf8").replace("object=top", "object=other"));
    const run2 = await run(["run", writeManifest("lot-2", 3), "--issuer", "top"]);
    expect(run2.code).toBe(10);
    expect(run2.stderr).toContain("does not belong to certificate.pem");
  });

  test("a key is never written over, and one whose authority does not come to be is taken away again", async () => {
    await must(["authority", "create", "top", "--hsm", "pkcs11:token=line;object=top;id=%01"]);
    for (const uri of ["pkcs11:token=line;object=top", "pkcs11:token=line;object=new;id=%01"]) {
      const again = await run(["authority", "create", "again", "--hsm", uri]);
      expect(again.code).toBe(2);
      expect(again.stderr).toContain("there is a key for");
    }
    expect(hsm.keysOf("line")).toHaveLength(2);
    // What lies in the way of an authority's folder shows only when it is put into place.
    const late = world.start(["authority", "create", "late", "--hsm", "pkcs11:token=line"], {
      env: { ...hsm.env, LOTMINT_HSM_PIN: PIN },
      at: { step: "serial-reserved", signal: "SIGSTOP" },
    });
    await untilStopped(late);
    expect(hsm.keysOf("line")).toHaveLength(4);
    mkdirSync(authority("late", "in the way"), { recursive: true });
    late.child.kill("SIGCONT");
    expect((await late.ended).code).toBe(2);
    expect(hsm.keysOf("line")).toHaveLength(2);
  });

  test("two tokens with one label are told apart by their serial numbers", async () => {
    hsm.addToken("line");
    const twice = await run(["authority", "create", "top", "--hsm", "pkcs11:token=line"]);
    expect(twice.code).toBe(10);
    const serials = [...twice.stderr.matchAll(/serial=([0-9a-f]+)/g)].map(([, serial = ""]) => serial);
    expect(new Set(serials).size).toBe(2);
    await must(["authority", "create", "top", "--hsm", `pkcs11:serial=${serials[1]}`]);
    const certificate = new X509Certificate(readFileSync(authority("top", "certificate.pem")));
    expect(certificate.verify(certificate.publicKey)).toBe(true);
  });

  test.each([
    ["no module in lotmint.yaml", () => world.writeSite(undefined), 2, /hsm: \{ module:/],
    ["a module that is not there", () => writeHsm("/nowhere/module.so"), 2, /correct hsm\.module in lotmint\.yaml/],
    ["a file that is no module", () => writeHsm(join(world.home, "lotmint.yaml")), 2, /cannot be loaded/],
  ])("%s is told in one line", async (_, prepare, code, message) => {
    prepare();
    const ended = await run(["authority", "create", "top", "--hsm", "pkcs11:token=line"], { logForPeople: true });
    expect(ended.code).toBe(code);
    expect(ended.stderr).toMatch(message);
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    expect(existsSync(authority("top", ""))).toBe(false);
  });

  test("no PIN is usage, names the variable, and is needed for signing alone", async () => {
    await must(["authority", "create", "top", "--hsm", "pkcs11:token=line"]);
    const env = { LOTMINT_HSM_PIN: undefined };
    const manifest = writeManifest("lot", 3);
    await must(["plan", manifest, "--issuer", "top"], { env });
    await must(["authority", "list"], { env });
    const backedUp = await must(["backup", join(world.home, "backup.tar")], { env });
    expect(backedUp.stdout).toContain("Not in it: the keys of top, which are in tokens");
    const signing = await run(["run", manifest, "--issuer", "top"], { env });
    expect(signing.code).toBe(2);
    expect(signing.stderr).toContain("LOTMINT_HSM_PIN");
    const file = join(world.home, "pin");
    writeFileSync(file, `${PIN}\n`, { mode: 0o600 });
    await must(["run", manifest, "--issuer", "top"], { env: { ...env, LOTMINT_HSM_PIN_FILE: file } });
  });
});
