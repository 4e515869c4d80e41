import { spawnSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { derContext, derSequence } from "../../src/asn1/der.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/serve-sandbox.ts";
import { encodeExtension } from "../../src/x509/encode-certificate.ts";
import { writePem } from "../../src/x509/pem.ts";
import { EXTENSION } from "../../src/x509/read-certificate.ts";
import { type CertificateWish, chainKey, makeChain } from "../fixtures/make-chain.ts";
import { followTutorial, opensslIn, signWith, TUTORIAL_PASSPHRASE, type TutorialCa } from "../fixtures/tutorial-ca.ts";
import { type Ended, PASSPHRASE, runLotmint, type StartOptions } from "./harness.ts";
import { closeHosts } from "./hosts.ts";

const noOpenssl = spawnSync("openssl", ["version"]).status !== 0 && !process.env["CI"];
const IMPORT_PASSPHRASE = "the key came with this one";
const CA_EXTENSIONS = [
  "-addext",
  "basicConstraints=critical,CA:true",
  "-addext",
  "keyUsage=critical,keyCertSign,cRLSign",
];

let sandbox: RunningSandbox;
let shared: string;
let tutorial: TutorialCa;

beforeAll(async () => {
  shared = mkdtempSync(join(tmpdir(), "lotmint-authorities-"));
  sandbox = await startSandbox();
  writeFileSync(join(shared, "platform-ca.pem"), sandbox.caPem);
  if (!noOpenssl) tutorial = followTutorial(shared);
});
afterAll(async () => {
  await closeHosts();
  await sandbox.close();
  rmSync(shared, { recursive: true, force: true });
});

interface House {
  readonly home: string;
  readonly path: (...names: readonly string[]) => string;
  readonly run: (args: readonly string[], options?: StartOptions) => Promise<Ended>;
  /** Runs a command that has to end well, and gives what it says on stdout. */
  readonly must: (...args: readonly string[]) => Promise<string>;
  /** The same with --json. */
  readonly json: (...args: readonly string[]) => Promise<Record<string, unknown>>;
}

/** A home of its own, with or without a platform; nothing that is run in it may tell a passphrase. */
function openHouse(platform?: { readonly url: string }): House {
  const home = mkdtempSync(join(shared, "house-"));
  if (platform !== undefined) {
    const { tenant, credentials } = sandbox;
    const site = { url: platform.url, tenant, user: credentials.user, caFile: join(shared, "platform-ca.pem") };
    writeFileSync(join(home, "lotmint.yaml"), JSON.stringify({ platform: site }));
  }
  const secrets = {
    LOTMINT_PASSPHRASE: PASSPHRASE,
    LOTMINT_IMPORT_PASSPHRASE: IMPORT_PASSPHRASE,
    LOTMINT_PLATFORM_PASSWORD: sandbox.credentials.password,
  };
  const run: House["run"] = async (args, options = {}) => {
    const ended = await runLotmint(["--home", home, ...args], { ...options, env: { ...secrets, ...options.env } });
    for (const secret of [...Object.values(secrets), TUTORIAL_PASSPHRASE]) {
      if (`${ended.stdout}${ended.stderr}`.includes(secret)) throw new Error(`${args.join(" ")} tells a secret`);
    }
    return ended;
  };
  const must: House["must"] = async (...args) => {
    const { code, stdout, stderr } = await run(args);
    if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
    return stdout;
  };
  return {
    home,
    path: (...names) => join(home, ...names),
    run,
    must,
    json: async (...args) => JSON.parse(await must("--json", ...args)) as Record<string, unknown>,
  };
}

function sha1Of(pemFile: string): string {
  return new X509Certificate(readFileSync(pemFile)).fingerprint.replaceAll(":", "").toLowerCase();
}

function rowsOf(house: House, sql: string): readonly Record<string, unknown>[] {
  const database = new DatabaseSync(house.path("state", "ledger.sqlite"), { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}

/** A lot of two devices under an issuer; returns the folder of the first. */
async function mint(
  house: House,
  issuer: string,
  job: object = {},
): Promise<{ readonly ended: Ended; readonly device: string }> {
  mkdirSync(house.path("input"), { recursive: true });
  mkdirSync(house.path("jobs"), { recursive: true });
  writeFileSync(house.path("input", "lot.csv"), "id\nscenario-device-1\nscenario-device-2\n");
  const whole = {
    manifest: "../input/lot.csv",
    issuer,
    registration: { mode: "none" },
    keystores: { pem: { key: "plain" } },
    ...job,
  };
  writeFileSync(house.path("jobs", "lot.yaml"), JSON.stringify(whole));
  const ended = await house.run(["run", "lot"]);
  return { ended, device: house.path("output", "lot", "devices", "scenario-device-1") };
}

/** Whether openssl finds its way from a device's chain.pem to an anchor. */
function verifies(device: string, anchor: string): boolean {
  const chain = join(device, "chain.pem");
  const args = [
    "verify",
    "-purpose",
    "sslclient",
    "-CAfile",
    anchor,
    "-untrusted",
    chain,
    join(device, "certificate.pem"),
  ];
  return spawnSync("openssl", args, { encoding: "utf8" }).stdout.endsWith("OK\n");
}

describe.skipIf(noOpenssl)(
  "authorities between two houses (with openssl)",
  { concurrent: true, timeout: 180_000 },
  () => {
    test("one house requests, the other signs, the first mints under it and has the other's root trusted", async () => {
      const line = openHouse({ url: sandbox.url });
      const hq = openHouse();
      await hq.must("authority", "create", "hq", "--subject", "CN=HQ Root,O=Acme", "--path-length", "1");
      const request = await line.must("authority", "request", "line-7", "--subject", "CN=Line 7,O=Acme");
      expect(request).toBe(readFileSync(line.path("state/authorities/line-7/request.pem"), "utf8"));
      expect(await line.must("authority", "list")).toMatch(/line-7\s+-\s+requested/);
      writeFileSync(hq.path("line-7.csr"), request);

      const signed = await hq.json(
        "authority",
        "sign",
        hq.path("line-7.csr"),
        "--issuer",
        "hq",
        "--out",
        hq.path("line-7.pem"),
      );
      expect(signed).toMatchObject({
        subject: "CN=Line 7,O=Acme",
        issuer: "hq",
        pathLength: 0,
        out: hq.path("line-7.pem"),
      });
      expect(await hq.json("authority", "show", "hq")).toMatchObject({ certificates: { issued: 2 } });

      await line.must("authority", "import", "line-7", "--certificate", hq.path("line-7.pem"));
      await line.must("authority", "import", "hq", "--certificate", hq.path("state/authorities/hq/certificate.pem"));
      expect(await line.json("authority", "show", "hq", "--no-platform")).toMatchObject({ hasKey: false });
      await line.must("authority", "upload", "hq");
      const prove = await line.run(["authority", "prove", "hq"]);
      expect([prove.code, prove.stderr]).toEqual([10, expect.stringMatching(/imported without a key/)]);

      const { ended, device } = await mint(line, "line-7", { registration: { mode: "bulk" } });
      expect([ended.code, ended.stderr]).toEqual([
        0,
        expect.stringMatching(/no proof of possession.*authority prove hq/),
      ]);
      expect(verifies(device, hq.path("state/authorities/hq/certificate.pem"))).toBe(true);
      // The chain that a device shows ends with the anchor (device, line-7, hq).
      expect(readFileSync(join(device, "chain.pem"), "utf8").split("BEGIN CERTIFICATE").length - 1).toBe(3);
    });

    test("openssl ca signs what lotmint requests", async () => {
      const house = openHouse();
      await house.must("authority", "request", "line-8", "--key", "rsa-2048", "--subject", "CN=Line 8,O=Acme,C=DE");
      const out = house.path("line-8.pem");
      signWith(tutorial.root, "ca", "v3_ca", house.path("state/authorities/line-8/request.pem"), out);
      const alone = await house.run(["authority", "import", "line-8", "--certificate", out]);
      expect([alone.code, alone.stderr]).toEqual([
        10,
        expect.stringMatching(/not self-signed; add the missing certificates/),
      ]);
      await house.must(
        "authority",
        "import",
        "line-8",
        "--certificate",
        out,
        "--chain",
        join(tutorial.root, "caCert.pem"),
      );
      const { ended, device } = await mint(house, "line-8");
      expect(ended.code).toBe(0);
      expect(verifies(device, join(tutorial.root, "caCert.pem"))).toBe(true);
    });

    test("lotmint signs what openssl requests, and openssl signs under it", async () => {
      const house = openHouse();
      await house.must("authority", "create", "root", "--key", "ec-p384");
      const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-noenc"];
      opensslIn(
        house.home,
        "req",
        "-new",
        ...ec,
        "-keyout",
        "sub.key",
        "-out",
        "sub.csr",
        "-subj",
        "/C=DE/O=Other/CN=Sub",
      );
      opensslIn(house.home, "req", "-in", "sub.csr", "-outform", "DER", "-out", "sub.der");
      const sign = ["authority", "sign", house.path("sub.der"), "--issuer", "root", "--out", house.path("sub.pem")];
      await house.must(...sign, "--validity", "365d", "--path-length", "0");
      const root = house.path("state/authorities/root/certificate.pem");
      expect(opensslIn(house.home, "verify", "-x509_strict", "-CAfile", root, "sub.pem")).toContain("OK");
      const twice = await house.run(sign);
      expect([twice.code, twice.stderr]).toEqual([
        2,
        expect.stringMatching(/sub\.pem is there already and is not overwritten/),
      ]);
      opensslIn(house.home, "req", "-new", ...ec, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=leaf");
      opensslIn(
        house.home,
        "x509",
        "-req",
        "-in",
        "leaf.csr",
        "-CA",
        "sub.pem",
        "-CAkey",
        "sub.key",
        "-out",
        "leaf.pem",
      );
      expect(opensslIn(house.home, "verify", "-CAfile", root, "-untrusted", "sub.pem", "leaf.pem")).toContain("OK");
    });

    test("the tutorial's folders come in with all that they have signed, and lotmint mints on under them", async () => {
      const house = openHouse();
      const env = { LOTMINT_IMPORT_PASSPHRASE: TUTORIAL_PASSPHRASE };
      const root = await house.run(["--json", "authority", "import", "tut-root", "--openssl-ca", tutorial.root], {
        env,
      });
      expect(JSON.parse(root.stdout)).toMatchObject({ key: "rsa-2048", subject: "C=DE,O=Acme,CN=Tutorial Root" });
      const line = await house.run(
        ["--json", "authority", "import", "tut-line", "--openssl-ca", tutorial.intermediate],
        {
          env,
        },
      );
      expect(JSON.parse(line.stdout)).toMatchObject({
        serialNumber: "1000",
        chain: ["C=DE,O=Acme,CN=Tutorial Line", "C=DE,O=Acme,CN=Tutorial Root"],
        adopted: { certificates: 3, revoked: 1 },
        notes: [],
      });
      const adopted =
        "SELECT lower(hex(serial)) AS serial, state, reason FROM adopted_certificates WHERE issuer = 'tut-line'";
      expect(rowsOf(house, adopted)).toEqual([
        { serial: "1000", state: "issued", reason: null },
        { serial: "1001", state: "revoked", reason: "keyCompromise" },
        { serial: "1002", state: "issued", reason: null },
      ]);
      // What openssl has revoked is revoked here too.
      const revoked = ["--certificate", join(tutorial.root, "revokedCert.pem")];
      const refused = await house.run(["authority", "import", "tut-old", ...revoked]);
      expect([refused.code, refused.stderr]).toEqual([
        10,
        expect.stringMatching(/which is revoked; have it signed anew/),
      ]);
      const { ended, device } = await mint(house, "tut-line", { validity: "300d" });
      expect(ended.code).toBe(0);
      expect(verifies(device, join(tutorial.root, "caCert.pem"))).toBe(true);
      const report = JSON.parse(readFileSync(house.path("output/lot/report.json"), "utf8")) as Record<string, unknown>;
      expect(report["issuerBudget"]).toMatchObject({ issued: 5, revoked: 1, abandoned: 0 });
    });

    test("an authority comes in as PKCS#12, with the passphrase that it was exported with", async () => {
      const house = openHouse();
      const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-subj", "/CN=P12 Root"];
      opensslIn(
        house.home,
        "req",
        "-x509",
        ...ec,
        ...CA_EXTENSIONS,
        "-days",
        "100",
        "-keyout",
        "k.pem",
        "-out",
        "c.pem",
      );
      const files = ["-inkey", "k.pem", "-in", "c.pem", "-out", "ca.p12"];
      opensslIn(house.home, "pkcs12", "-export", ...files, "-passout", `pass:${IMPORT_PASSPHRASE}`);
      const command = ["authority", "import", "p12", "--pkcs12", house.path("ca.p12")];
      const wrong = await house.run(command, { env: { LOTMINT_IMPORT_PASSPHRASE: undefined } });
      expect([wrong.code, wrong.stderr]).toEqual([10, expect.stringMatching(/no passphrase given opens the key/)]);
      await house.must(...command);
      // 90 days before its certificates of 30 days would outlive it, of which it has 100 left.
      const { ended, device } = await mint(house, "p12", { validity: "30d" });
      expect(ended.code).toBe(0);
      const warning = /from \d{4}-\d\d-\d\d certificates of job lot would outlive their issuer p12/;
      expect(ended.stdout).toMatch(/would outlive their issuer/);
      expect(ended.stderr).toMatch(warning);
      expect(readFileSync(house.path("output/lot/report.json"), "utf8")).toMatch(warning);
      expect(verifies(device, house.path("c.pem"))).toBe(true);
      expect(await house.must("authority", "show", "p12")).toMatch(/outlived\s+by certificates of job lot from \d{4}/);
    });

    test("what cannot be used is refused with its reason and its code, and leaves nothing", async () => {
      const house = openHouse();
      const path = (name: string) => house.path(name);
      const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
      const make = (name: string, ...args: readonly string[]) =>
        opensslIn(
          house.home,
          "req",
          "-x509",
          "-noenc",
          "-keyout",
          `${name}.key`,
          "-out",
          `${name}.pem`,
          "-subj",
          `/CN=${name}`,
          ...args,
        );
      make("good", ...ec, ...CA_EXTENSIONS);
      make("weak", "-newkey", "rsa:1024", ...CA_EXTENSIONS);
      make("leaf", ...ec, "-addext", "basicConstraints=critical,CA:false");
      opensslIn(house.home, "req", "-new", ...ec, "-keyout", "r.key", "-out", "r.csr", "-subj", "/CN=r");
      const spoilt = readFileSync(path("r.csr"), "utf8").replace(/(?<=REQUEST-----\n.{40})[A-Za-z0-9]/, "!");
      writeFileSync(path("spoilt.csr"), spoilt);
      await house.must("authority", "create", "root", "--path-length", "0");
      const from = (name: string) => [
        "authority",
        "import",
        "new",
        "--certificate",
        path(`${name}.pem`),
        "--key",
        path(`${name}.key`),
      ];
      const sign = (csr: string) => ["authority", "sign", path(csr), "--issuer", "root", "--out", path("out.pem")];
      const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
        [["authority", "import", "new"], 2, /one of --certificate FILE, --pkcs12 FILE, --openssl-ca DIR/],
        [[...from("good"), "--pkcs12", path("x.p12")], 2, /one of --certificate/],
        [["authority", "import", "new", "--pkcs12", path("good.pem")], 2, /PEM file, no PKCS#12 file/],
        [["authority", "import", "new", "--certificate", path("nowhere.pem")], 2, /there is no such file/],
        [[...from("good").slice(0, -1), path("leaf.key")], 10, /key does not belong to the certificate/],
        [from("weak"), 10, /1024 bits; at least 2048/],
        [["authority", "import", "root", "--certificate", path("good.pem")], 2, /there is an authority root already/],
        [sign("r.csr"), 10, /path length 0: it may sign devices, but no authority/],
        [sign("spoilt.csr"), 2, /spoilt\.csr cannot be used/],
        [["authority", "prove", "root"], 2, /names no platform/],
        [["authority", "show", "root", "--platform"], 2, /names no platform/],
      ];
      for (const [args, code, message] of cases) {
        const ended = await house.run(args);
        expect([args.slice(1).join(" "), ended.code, ended.stderr]).toEqual([
          expect.anything(),
          code,
          expect.stringMatching(message),
        ]);
      }
      const { code } = await house.run(from("good"), {
        env: { LOTMINT_PASSPHRASE: undefined, LOTMINT_IMPORT_PASSPHRASE: undefined },
      });
      expect(code).toBe(2);
      expect(readdirSync(house.path("state/authorities"))).toEqual(["root"]);
      expect(existsSync(path("out.pem"))).toBe(false);
      expect(rowsOf(house, "SELECT count(*) AS n FROM certificates WHERE state <> 'issued'")).toEqual([{ n: 0 }]);
    });
  },
);

describe("an authority that relying parties refuse", { concurrent: true, timeout: 180_000 }, () => {
  const nowMs = Date.now();
  const SERVER = "1.3.6.1.5.5.7.3.1";
  const LONG = { notAfterMs: nowMs + 4000 * 86_400_000 };
  /** Issuer and root of one name and key each, whatever is wrong with them. */
  const chainOf = (issuer: CertificateWish, root: CertificateWish = {}) =>
    makeChain(
      [{}, { subject: "CN=old-line", ...LONG, ...issuer }, { subject: "CN=old-root", ...LONG, ...root }],
      nowMs,
    ).slice(1);
  const pem = (chain: ReturnType<typeof chainOf>) => chain.map(({ raw }) => writePem("CERTIFICATE", raw)).join("");

  const unwrapped = (text: string) => text.replaceAll(/\s+/g, " ");

  function importing(house: House, chain: ReturnType<typeof chainOf>): readonly string[] {
    writeFileSync(house.path("line.pem"), pem(chain.slice(0, 1)));
    writeFileSync(house.path("chain.pem"), pem(chain.slice(1)));
    writeFileSync(house.path("line.key"), chainKey(1).export({ type: "pkcs8", format: "pem" }));
    const files = ["--certificate", house.path("line.pem"), "--chain", house.path("chain.pem")];
    return ["authority", "import", "line", ...files, "--key", house.path("line.key")];
  }

  test("is not imported, and one that was ends plan and run with 10 and check with 3, with the extension", async () => {
    const house = openHouse();
    const bad = chainOf({ purposes: [SERVER] });
    const refused = await house.run(importing(house, bad));
    expect([refused.code, refused.stderr]).toEqual([
      10,
      expect.stringMatching(/extendedKeyUsage \(extension 2\.5\.29\.37\)/),
    ]);
    expect(existsSync(house.path("state", "authorities", "line"))).toBe(false);

    await house.must(...importing(house, chainOf({}, { digest: "sha1" })));
    expect((await mint(house, "line")).ended.code).toBe(0);
    // As an earlier lotmint has left it: the same key and name, and a purpose that shuts clients out.
    writeFileSync(house.path("state", "authorities", "line", "certificate.pem"), pem(bad.slice(0, 1)));
    writeFileSync(house.path("state", "authorities", "line", "chain.pem"), pem(bad));
    const shown = await house.json("authority", "show", "line");
    expect(shown["problem"]).toMatch(/CN=old-line .*2\.5\.29\.37/);
    const checked = await house.run(["check", "lot"]);
    expect([checked.code, unwrapped(checked.stdout)]).toEqual([
      3,
      expect.stringMatching(/relying parties refuse .*2\.5\.29\.37/),
    ]);
    writeFileSync(house.path("input", "lot.csv"), "id\nscenario-device-1\nscenario-device-2\nscenario-device-3\n");
    for (const command of ["plan", "run"]) {
      const ended = await house.run([command, "lot"]);
      expect([command, ended.code, ended.stderr]).toEqual([command, 10, expect.stringMatching(/2\.5\.29\.37/)]);
    }
  });

  test("for some names only has those rows rejected, and openssl accepts the others", { skip: noOpenssl }, async () => {
    const house = openHouse();
    const hosts = derSequence(derContext(0, derSequence(derContext(2, Buffer.from("acme.example"), false))));
    const constraint = encodeExtension(EXTENSION.nameConstraints, true, hosts);
    await house.must(...importing(house, chainOf({ usages: null }, { more: [constraint], usages: null })));
    const shown = await house.json("authority", "show", "line");
    expect([shown["problem"], shown["warnings"]]).toEqual([
      null,
      [expect.stringContaining("no keyUsage"), expect.anything()],
    ]);
    mkdirSync(house.path("input"));
    mkdirSync(house.path("jobs"));
    writeFileSync(house.path("input", "lot.csv"), "id\nd1.acme.example\nd2.other.example\nSN-3\n");
    const job = { manifest: "../input/lot.csv", issuer: "line", registration: { mode: "none" } };
    writeFileSync(house.path("jobs", "lot.yaml"), JSON.stringify(job));
    for (const command of ["plan", "run"]) {
      const ended = await house.run([command, "lot"]);
      expect([command, ended.code, unwrapped(ended.stdout)]).toEqual([
        command,
        3,
        expect.stringMatching(
          /DNS name (?:d2\.other\.example|…), which is not permitted by CN=old-root \(nameConstraints/,
        ),
      ]);
    }
    for (const id of ["d1.acme.example", "SN-3"]) {
      expect(verifies(house.path("output", "lot", "devices", id), house.path("chain.pem"))).toBe(true);
    }
    expect(readdirSync(house.path("output", "lot", "devices")).sort()).toEqual(["SN-3", "d1.acme.example"]);
    // The root comes again with a constraint that shuts out a device that is there.
    const other = derSequence(derContext(0, derSequence(derContext(2, Buffer.from("other.example"), false))));
    const again = chainOf({}, { more: [encodeExtension(EXTENSION.nameConstraints, true, other)] });
    writeFileSync(house.path("state", "authorities", "line", "certificate.pem"), pem(again.slice(0, 1)));
    writeFileSync(house.path("state", "authorities", "line", "chain.pem"), pem(again));
    const reminted = await house.run(["remint", "SN-3", "d1.acme.example", "--reason", "superseded"]);
    expect([reminted.code, reminted.stderr]).toEqual([
      10,
      expect.stringMatching(/1 of 2 devices cannot be reminted under line \(d1\.acme\.example\)/),
    ]);
  });
});

describe("an authority and the platform", { concurrent: true, timeout: 180_000 }, () => {
  test("is uploaded and proven at once, a second time without a signature, and shown side by side", async () => {
    const house = openHouse({ url: sandbox.url });
    await house.must("authority", "create", "plant", "--key", "ec-p384", "--subject", "CN=Plant P-384");
    const first = await house.json("authority", "upload", "plant", "--prove", "--auto-registration");
    expect(first).toMatchObject({ kind: "added", proof: "proven", certificate: { proofOfPossessionValid: true } });
    const noPassphrase = { env: { LOTMINT_PASSPHRASE: undefined } };
    const again = await house.run(["authority", "prove", "plant"], noPassphrase);
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/had proven its possession before/)]);
    const fingerprint = sha1Of(house.path("state/authorities/plant/certificate.pem"));
    expect(await house.json("authority", "show", "plant")).toMatchObject({
      certificates: { issued: 1, revoked: 0, abandoned: 0 },
      platform: {
        kind: "known",
        tenant: sandbox.tenant,
        certificate: { fingerprint, status: "ENABLED", autoRegistrationEnabled: true, proofOfPossessionValid: true },
      },
    });
    const shown = await house.must("authority", "show", "plant");
    expect(shown).toMatch(/platform\s+tenant \S+ has it: ENABLED, auto registration on, possession proven, until 20/);

    await house.must("authority", "create", "line", "--issuer", "plant");
    expect(await house.must("authority", "show", "line")).toMatch(
      /does not have it itself\s+trusts CN=Plant P-384 above it/,
    );
    const missing = await house.run(["authority", "prove", "line"]);
    expect([missing.code, missing.stderr]).toEqual([12, expect.stringMatching(/authority upload line --prove/)]);
    const secret = await house.run(["authority", "upload", "line", "--prove"], noPassphrase);
    expect([secret.code, secret.stderr]).toEqual([2, expect.stringMatching(/no passphrase given for authority line/)]);
    expect(sandbox.state.certificates.get(sha1Of(house.path("state/authorities/line/certificate.pem")))).toMatchObject({
      proofOfPossessionValid: false,
    });
  });

  test("is shown although the platform is away, refuses the login, or no login is given", async () => {
    const house = openHouse({ url: "https://127.0.0.1:9" });
    await house.must("authority", "create", "root");
    const away = await house.run(["authority", "show", "root"]);
    expect([away.code, away.stdout]).toEqual([0, expect.stringMatching(/platform\s+not asked: .*cannot be reached/)]);
    const none = await house.run(["--json", "authority", "show", "root"], {
      env: { LOTMINT_PLATFORM_PASSWORD: undefined },
    });
    expect([none.code, JSON.parse(none.stdout)]).toEqual([
      0,
      expect.objectContaining({ name: "root", platform: { kind: "away", message: expect.stringMatching(/no login/) } }),
    ]);
    const refused = openHouse({ url: sandbox.url });
    await refused.must("authority", "create", "root");
    const wrong = await refused.run(["authority", "show", "root"], { env: { LOTMINT_PLATFORM_PASSWORD: "wrong" } });
    expect([wrong.code, wrong.stdout]).toEqual([0, expect.stringMatching(/not asked: the platform refuses the login/)]);
  });
});

describe("a killed authority command", { concurrent: true, timeout: 180_000 }, () => {
  const states = "SELECT state, sha256 IS NOT NULL AS signed FROM certificates ORDER BY id";

  test("whose authority is in its place has its certificate recorded by the next command", async () => {
    const house = openHouse();
    const killed = await house.run(["authority", "create", "root"], {
      at: { step: "authority-placed", signal: "SIGKILL" },
    });
    expect([killed.code, killed.signal]).toEqual([null, "SIGKILL"]);
    expect(rowsOf(house, states)).toEqual([{ state: "reserved", signed: 0 }]);
    expect(await house.json("authority", "show", "root")).toMatchObject({ certificates: { issued: 1 } });
    expect(rowsOf(house, states)).toEqual([{ state: "issued", signed: 1 }]);
    const pem = new X509Certificate(readFileSync(house.path("state/authorities/root/certificate.pem")));
    const sha256 = createHash("sha256").update(pem.raw).digest("hex");
    expect(rowsOf(house, "SELECT lower(hex(sha256)) AS sha256 FROM certificates")).toEqual([{ sha256 }]);
    const { ended } = await mint(house, "root");
    expect(ended.code).toBe(0);
  });

  test("is settled by the next run as well", async () => {
    const house = openHouse();
    await house.must("authority", "create", "root");
    const at = { step: "authority-placed", signal: "SIGKILL" } as const;
    await house.run(["authority", "create", "line", "--issuer", "root"], { at });
    const { ended } = await mint(house, "line");
    expect(ended.code).toBe(0);
    expect(rowsOf(house, "SELECT DISTINCT state FROM certificates")).toEqual([{ state: "issued" }]);
  });

  test("that has only reserved a number leaves no authority, and the number is given up in time", async () => {
    const house = openHouse();
    await house.run(["authority", "create", "root"], { at: { step: "serial-reserved", signal: "SIGKILL" } });
    await house.must("authority", "create", "root");
    expect(rowsOf(house, states)).toEqual([
      { state: "reserved", signed: 0 },
      { state: "issued", signed: 1 },
    ]);
    const later = await house.run(["authority", "show", "root"], { clockMs: 11 * 60_000 });
    expect([later.code, later.stdout]).toEqual([0, expect.stringMatching(/1 issued, 0 revoked, 1 abandoned/)]);
  });

  test("that was signing for another house keeps what it signed, and never half a file", async () => {
    const house = openHouse();
    const other = openHouse();
    await house.must("authority", "create", "root");
    writeFileSync(other.path("line.csr"), await other.must("authority", "request", "line"));
    const sign = ["authority", "sign", other.path("line.csr"), "--issuer", "root", "--out", other.path("line.pem")];
    const killed = await house.run(sign, { at: { step: "certificate-kept", signal: "SIGKILL" } });
    expect([killed.signal, existsSync(other.path("line.pem"))]).toEqual(["SIGKILL", false]);
    await house.must(...sign);
    // Both were signed, and both are accounted for.
    expect(rowsOf(house, states)).toEqual(Array.from({ length: 3 }, () => ({ state: "issued", signed: 1 })));
    await other.must("authority", "import", "line", "--certificate", other.path("line.pem"));
  });

  test("that was taking in an authority can be repeated", async () => {
    const house = openHouse();
    const other = openHouse();
    await other.must("authority", "create", "root");
    const command = [
      "authority",
      "import",
      "root",
      "--certificate",
      other.path("state/authorities/root/certificate.pem"),
    ];
    await house.run(command, { at: { step: "certificates-adopted", signal: "SIGKILL" } });
    expect(existsSync(house.path("state/authorities/root"))).toBe(false);
    await house.must(...command);
    expect(await house.json("authority", "show", "root")).toMatchObject({ hasKey: false, certificates: { issued: 1 } });
  });
});

test("a damaged authority is listed as damaged and hides no other", async () => {
  const house = openHouse();
  for (const name of ["good", "bad"]) await house.must("authority", "create", name);
  writeFileSync(house.path("state/authorities/bad/certificate.pem"), "spoilt");
  const listed = await house.must("authority", "list");
  expect(listed).toMatch(/bad\s+-\s+damaged\s+authority bad cannot be used/);
  expect(listed).toMatch(/good\s+ec-p256/);
  const shown = await house.run(["authority", "show", "bad"]);
  expect([shown.code, shown.stderr]).toEqual([10, expect.stringMatching(/does not hold exactly one certificate/)]);
});
