import { type ExecFileSyncOptions, execFileSync, spawnSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { makeOfficer } from "../fixtures/make-officer.ts";
import { makeRequest, makeRequestPem, spkiOf } from "../fixtures/make-request.ts";
import { digestsOf, hasJava, hasKeytool, hasOpenssl, openssl, readWithJava } from "../fixtures/other-readers.ts";
import { startTlsServer } from "../fixtures/tls-server.ts";
import { makeCa } from "../sandbox/make-ca.ts";
import { type Ended, makeRows, makeWorld, type StartOptions, type World, writeJob, writeLot } from "./harness.ts";
import { mayMount, openSmallDisk } from "./small-disk.ts";

/** keytool advises on stderr. */
const QUIETLY: ExecFileSyncOptions = { stdio: ["ignore", "pipe", "ignore"] };
let world: World;

beforeAll(async () => {
  world = await makeWorld();
  // What a lot does with the platform is told elsewhere.
  world.writeSite(undefined);
});
afterAll(() => world.close());

const output = (lot: string, ...path: readonly string[]) => join(world.home, "output", lot, ...path);
const device = (lot: string, id: string, file: string) => output(lot, "devices", id, file);

/** Writes input/<lot>.csv with a column for requests, and its job. */
function writeRequests(lot: string, rows: readonly (readonly [id: string, csr: string])[], job: object = {}): void {
  const lines = rows.map(([id, csr]) => `${id},"${csr}"\n`);
  writeFileSync(join(world.home, "input", `${lot}.csv`), `id,CSR\n${lines.join("")}`);
  writeJob(world.home, lot, job);
}

/** The line on which a row starts: requests take many lines each. */
function lineOf(rows: readonly (readonly [id: string, csr: string])[], index: number): number {
  return 2 + rows.slice(0, index).reduce((lines, [, csr]) => lines + csr.split("\n").length, 0);
}

function certificateText(path: string): string {
  return openssl(["x509", "-in", path, "-noout", "-text"]);
}

/** The certificates of a PEM text, as digests in the text's order. */
function digestsIn(text: string): string[] {
  const pems = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return pems.map((pem) => digestsOf(new X509Certificate(pem).raw));
}

function passwordsOf(lot: string): Map<string, string> {
  const [, ...lines] = readFileSync(output(lot, "secrets", "passwords.csv"), "utf8")
    .trimEnd()
    .split("\n");
  return new Map(lines.map((line) => [line.split(",")[0] ?? "", line.split(",")[1] ?? ""]));
}

function reportOf(lot: string): { readonly notes: readonly string[]; readonly rejects: object } {
  return JSON.parse(readFileSync(output(lot, "report.json"), "utf8"));
}

/** Runs openssl and gives all that it tells: what it found in a file goes to stderr. */
function opensslTells(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout + stderr;
}

function leafOf(lot: string, id: string): X509Certificate {
  return new X509Certificate(readFileSync(device(lot, id, "certificate.pem")));
}

async function expectChecked(lot: string, options: StartOptions = {}): Promise<Ended> {
  const checked = await world.run(["check", lot, "--json"], options);
  expect([checked.code, JSON.parse(checked.stdout).differences]).toEqual([0, []]);
  return checked;
}

describe("rows with a certificate request", () => {
  const ec = generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

  test("get a certificate for their own key and nothing else, beside rows that get a key", async () => {
    writeFileSync(join(world.home, "input", "c1.der"), makeRequest({ key: rsa }));
    const bad = makeRequestPem({ key: other, spki: spkiOf(ec) });
    const rows = [
      ["C1-1", makeRequestPem({ key: ec, commonName: "somebody else" })],
      ["C1-2", "c1.der"],
      ["C1-3", ""],
      ["C1-4", bad],
      ["C1-5", makeRequestPem({ key: ec })],
    ] as const;
    writeRequests("c1", rows, { keystores: { pkcs12: {}, pem: { key: "encrypted" } } });
    const planned = await world.run(["plan", "c1", "--json"]);
    expect(planned.code).toBe(3);
    const { problems } = JSON.parse(planned.stdout);
    expect(problems).toEqual([
      { line: lineOf(rows, 3), field: "CSR", message: expect.stringContaining("does not fit its public key") },
      { line: lineOf(rows, 4), field: "CSR", message: expect.stringContaining("its key stands on line 2 already") },
    ]);
    expect(existsSync(output("c1"))).toBe(false);

    expect((await world.run(["run", "c1"])).code).toBe(3);
    for (const [id, key, usage] of [
      ["C1-1", ec, ["Digital Signature", "Non Repudiation"]],
      ["C1-2", rsa, ["Digital Signature", "Non Repudiation", "Key Encipherment"]],
    ] as const) {
      expect(readdirSync(output("c1", "devices", id)).sort()).toEqual(["certificate.pem", "chain.pem"]);
      const certificate = new X509Certificate(readFileSync(device("c1", id, "certificate.pem")));
      expect(certificate.checkPrivateKey(key)).toBe(true);
      expect(certificate.subject).toBe(`CN=${id}`);
      for (const word of usage) expect(certificateText(device("c1", id, "certificate.pem"))).toContain(word);
    }
    expect(certificateText(device("c1", "C1-1", "certificate.pem"))).not.toContain("Key Encipherment");
    expect(readdirSync(output("c1", "devices", "C1-3"))).toContain("keystore.p12");
    expect(readFileSync(output("c1", "secrets", "passwords.csv"), "utf8")).toMatch(
      /^id,password\nC1-3,[A-Z2-7]{26}\n$/,
    );
    expect(readFileSync(output("c1", "rejects.csv"), "utf8")).toContain("its key stands on line");
    await expectChecked("c1");
    // Nothing is left to do, and a device's own key is not held against it.
    expect((await world.run(["run", "c1"])).code).toBe(3);
  });

  test("are refused with the key of a device of another lot, or of an authority", async () => {
    const issuerKey = createPrivateKey({
      key: readFileSync(join(world.home, "state", "authorities", "line-1", "key.pem")),
      passphrase: "a passphrase for the scenarios",
    });
    writeRequests("c2", [
      ["C2-1", makeRequestPem({ key: ec })],
      ["C2-2", makeRequestPem({ key: issuerKey })],
      ["C2-3", makeRequestPem({ key: other })],
    ]);
    expect((await world.run(["run", "c2"])).code).toBe(3);
    expect(readdirSync(output("c2", "devices"))).toEqual(["C2-3"]);
    expect(Object.keys(reportOf("c2").rejects)).toEqual([
      "CSR: its key is that of authority line-1",
      "CSR: its key is that of device … of lot …; each device needs one of its own",
    ]);
    // Only requests: no password, so no list of passwords.
    expect(existsSync(output("c2", "secrets", "passwords.csv"))).toBe(false);
    await expectChecked("c2");
  });
});

describe("truststores", () => {
  test("of the platform are pinned by fingerprint, and go into every device's folder with its password", async () => {
    const server = await startTlsServer();
    onTestFinished(server.close);
    const address = `127.0.0.1:${server.port}`;
    const job = { keystores: { pkcs12: {} }, truststore: { formats: ["pkcs12", "jks", "pem"] } };
    writeLot(world.home, "t1", makeRows("T1", 2), job);
    const unpinned = await world.run(["run", "t1"]);
    expect([unpinned.code, unpinned.stderr]).toEqual([
      2,
      expect.stringContaining("lotmint truststore fetch HOST:PORT"),
    ]);
    expect(existsSync(output("t1", "devices"))).toBe(false);

    expect((await world.run(["truststore", "fetch", address])).code).toBe(2);
    const wrong = await world.run(["truststore", "fetch", address, "--fingerprint", "ab".repeat(32)]);
    expect([wrong.code, wrong.stderr]).toEqual([12, expect.stringContaining("no certificate with that fingerprint")]);
    const [, intermediate = Buffer.alloc(0), root = Buffer.alloc(0)] = server.presents;
    const fingerprint = new X509Certificate(root).fingerprint256;
    const fetched = await world.run(["truststore", "fetch", address, "--fingerprint", fingerprint, "--json"]);
    expect([fetched.code, JSON.parse(fetched.stdout).pinned]).toEqual([0, [digestsOf(intermediate), digestsOf(root)]]);

    expect((await world.run(["run", "t1"])).code).toBe(0);
    const password = passwordsOf("t1").get("T1-00001") ?? "";
    const trusted = [intermediate, root];
    expect(digestsIn(readFileSync(device("t1", "T1-00001", "truststore.pem"), "utf8"))).toEqual(
      trusted.map((der) => digestsOf(der)),
    );
    const entries = `trusted servercertificate ${digestsOf(intermediate)}; trusted servercertificate-2 ${digestsOf(root)}; anchors 2`;
    if (hasJava) {
      const read = (type: "PKCS12" | "JKS", name: string) => ({
        type,
        content: readFileSync(device("t1", "T1-00001", name)),
        password,
      });
      expect(readWithJava([read("PKCS12", "truststore.p12"), read("JKS", "truststore.jks")])).toEqual([
        entries,
        entries,
      ]);
    }
    await expectChecked("t1");
  });

  test("of a lot stand beside its devices with the password changeit, and a server's own certificate is warned of", async () => {
    const leaf = makeCa({ commonName: "mqtt.acme.example", ca: false });
    const ca = makeCa({ commonName: "Acme CA" });
    writeFileSync(join(world.home, "jobs", "trusted.pem"), leaf.pem + ca.pem);
    const truststore = { formats: ["pkcs12", "jks", "pem"], certificates: ["trusted.pem"], per: "lot" };
    writeLot(world.home, "t2", makeRows("T2", 1), { keystores: { pem: { key: "none" } }, truststore });
    expect((await world.run(["run", "t2"])).code).toBe(0);
    expect(reportOf("t2").notes).toContainEqual(expect.stringMatching(/mqtt\.acme\.example.*no CA's/));
    expect(readdirSync(output("t2", "devices", "T2-00001")).sort()).toEqual(["certificate.pem", "chain.pem"]);
    expect(existsSync(output("t2", "secrets", "passwords.csv"))).toBe(false);
    if (hasKeytool) {
      for (const name of ["truststore.p12", "truststore.jks"]) {
        const list = execFileSync(
          "keytool",
          ["-list", "-keystore", output("t2", name), "-storepass", "changeit"],
          QUIETLY,
        );
        expect(String(list).match(/trustedCertEntry/g)).toHaveLength(2);
      }
    }
    await expectChecked("t2");
  });
});

describe.skipIf(!hasOpenssl)("keystores as the job asks (skipped without openssl)", () => {
  test("recipe, alias and rounds of PKCS#12, JKS and an encrypted key.pem", async () => {
    const keystores = {
      pkcs12: { recipe: "legacy", alias: "My Device", iterations: 5000 },
      jks: { alias: "Old-Client" },
      pem: { key: "encrypted" },
    };
    writeLot(world.home, "k1", makeRows("K1", 1), { keystores });
    expect((await world.run(["run", "k1"])).code).toBe(0);
    const password = passwordsOf("k1").get("K1-00001") ?? "";
    const pkcs12 = device("k1", "K1-00001", "keystore.p12");
    const told = opensslTells(["pkcs12", "-in", pkcs12, "-info", "-noenc", "-passin", `pass:${password}`]);
    expect(told).toContain("MAC: sha1, Iteration 5000");
    expect(told).toContain("pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 5000");
    expect(told).toContain("friendlyName: My Device");
    const text = readFileSync(device("k1", "K1-00001", "key.pem"), "utf8");
    expect(text).toContain("BEGIN ENCRYPTED PRIVATE KEY");
    const key = createPrivateKey({ key: text, passphrase: password });
    expect(leafOf("k1", "K1-00001").checkPrivateKey(key)).toBe(true);
    if (hasKeytool) {
      const alias = ["-alias", "old-client", "-storepass", password];
      const list = execFileSync(
        "keytool",
        ["-list", "-v", "-keystore", device("k1", "K1-00001", "keystore.jks"), ...alias],
        QUIETLY,
      );
      expect(String(list)).toMatch(/Entry type: PrivateKeyEntry\s+Certificate chain length: 3/);
    }
    await expectChecked("k1");
  });

  test("a key in the clear needs no password, and the report says that it is there", async () => {
    writeLot(world.home, "k2", makeRows("K2", 1), { keystores: { pem: { key: "plain" } } });
    expect((await world.run(["run", "k2"])).code).toBe(0);
    expect(readdirSync(output("k2", "devices", "K2-00001")).sort()).toEqual([
      "certificate.pem",
      "chain.pem",
      "key.pem",
    ]);
    expect(statSync(device("k2", "K2-00001", "key.pem")).mode & 0o777).toBe(0o600);
    const pem = openssl(["pkey", "-in", device("k2", "K2-00001", "key.pem")]);
    expect(leafOf("k2", "K2-00001").checkPrivateKey(createPrivateKey(pem))).toBe(true);
    expect(existsSync(output("k2", "secrets", "passwords.csv"))).toBe(false);
    expect(reportOf("k2").notes).toContainEqual(expect.stringContaining("private key in the clear"));
    await expectChecked("k2");
  });

  test("one password for the lot opens everything, takes more rounds, and is listed nowhere", async () => {
    const password = "correct horse battery staple";
    const env = { LOTMINT_LOT_PASSWORD: password };
    writeFileSync(join(world.home, "jobs", "ca.pem"), makeCa().pem);
    const truststore = { formats: ["pkcs12"], certificates: ["ca.pem"] };
    const keystores = { pkcs12: {}, pem: { key: "encrypted" } };
    writeLot(world.home, "k3", makeRows("K3", 1), { passwords: "per-lot", keystores, truststore });
    expect((await world.run(["run", "k3"])).code).toBe(2);
    expect(existsSync(output("k3", "devices"))).toBe(false);
    expect((await world.run(["run", "k3"], { env })).code).toBe(0);
    for (const name of ["keystore.p12", "truststore.p12"]) {
      const path = device("k3", "K3-00001", name);
      const told = opensslTells(["pkcs12", "-in", path, "-info", "-noenc", "-passin", `pass:${password}`]);
      expect(told).toContain("MAC: sha256, Iteration 10000");
      expect(told).toContain("AES-256-CBC, Iteration 10000");
    }
    const key = createPrivateKey({ key: readFileSync(device("k3", "K3-00001", "key.pem")), passphrase: password });
    expect(leafOf("k3", "K3-00001").checkPrivateKey(key)).toBe(true);
    expect(readdirSync(output("k3", "secrets"))).toEqual([".work"]);
    expect(reportOf("k3").notes).toContainEqual(expect.stringContaining("the rounds of its derivation are 10 000"));
    await expectChecked("k3", { env });
  });
});

describe("passwords on a drive of their own", () => {
  const drive = () => join(world.home, "usb");
  const secrets = () => join(drive(), "secrets");

  test("may not be sent elsewhere while a lot is unfinished, unless somebody says so", async () => {
    mkdirSync(secrets(), { recursive: true });
    const rows = makeRows("D1", 600);
    writeLot(world.home, "d1", rows, { keystores: { pem: { key: "none" } }, secrets: { folder: secrets() } });
    const stopped = await world.run(["run", "d1"], { cores: 1, at: { step: "written", signal: "SIGINT" } });
    expect(stopped.code).toBe(130);
    writeLot(world.home, "d1", rows, { keystores: { pem: { key: "none" } } });
    const changed = await world.run(["run", "d1"]);
    expect([changed.code, changed.stderr]).toEqual([2, expect.stringContaining("its job has changed in: secrets")]);
    expect(existsSync(output("d1", "secrets"))).toBe(false);
  });

  test.skipIf(!mayMount())("that is full voids the batch, and nothing is lost (needs mount)", async () => {
    writeLot(world.home, "d3", makeRows("D3", 300), {
      keystores: { pem: { key: "encrypted" } },
      secrets: { folder: "../usb3/secrets" },
    });
    const disk = await openSmallDisk(world, 100_000);
    try {
      const place = join(disk.home, "usb3");
      disk.command("mkdir", "-p", place);
      disk.command("mount", "-t", "tmpfs", "-o", "size=8k", "none", place);
      disk.command("mkdir", join(place, "secrets"));
      const full = await disk.run(["run", "d3"]);
      expect([full.code, full.stderr]).toEqual([14, expect.stringContaining("the disk is full")]);
      disk.command("mount", "-o", "remount,size=1m", place);
      expect((await disk.run(["run", "d3"])).code).toBe(0);
      const checked = await disk.run(["check", "d3", "--json"]);
      expect([checked.code, JSON.parse(checked.stdout).checked]).toEqual([0, 300]);
    } finally {
      disk.close();
    }
  });
});

describe("sealed passwords", () => {
  const officer = makeOfficer();
  const keystores = { pem: { key: "encrypted" } };

  function writeOfficer(): void {
    writeFileSync(join(world.home, "jobs", "officer.pem"), officer.pem);
    writeFileSync(join(world.home, "officer.key"), officer.keyPem, { mode: 0o600 });
  }

  /** The lines of a sealed file, as openssl opens it. */
  function openedByOpenssl(lot: string, number: number): string[] {
    const file = output(lot, "secrets", `passwords-000${number}.csv.cms`);
    const key = ["-inkey", join(world.home, "officer.key")];
    return openssl(["cms", "-decrypt", "-binary", "-inform", "PEM", "-in", file, ...key])
      .trimEnd()
      .split("\n");
  }

  test.skipIf(!hasOpenssl)("open with the officer's key alone; each run adds a file (needs openssl)", async () => {
    writeOfficer();
    const rows = makeRows("S1", 5);
    const job = { keystores, secrets: { sealTo: "officer.pem" } };
    writeLot(world.home, "s1", rows.slice(0, 3), job);
    expect((await world.run(["run", "s1"])).code).toBe(0);
    expect(readdirSync(output("s1", "secrets")).sort()).toEqual([".work", "passwords-0001.csv.cms"]);
    expect(statSync(output("s1", "secrets", "passwords-0001.csv.cms")).mode & 0o777).toBe(0o600);
    writeLot(world.home, "s1", rows, job);
    expect((await world.run(["run", "s1"])).code).toBe(0);
    const opened = [...openedByOpenssl("s1", 1), ...openedByOpenssl("s1", 2)];
    expect(opened.map((line) => line.split(",")[0])).toEqual([
      "id",
      "S1-00001",
      "S1-00002",
      "S1-00003",
      "id",
      "S1-00004",
      "S1-00005",
    ]);
    const password = opened.at(-1)?.split(",")[1] ?? "";
    const key = createPrivateKey({ key: readFileSync(device("s1", "S1-00005", "key.pem")), passphrase: password });
    expect(leafOf("s1", "S1-00005").checkPrivateKey(key)).toBe(true);

    const closed = await expectChecked("s1");
    expect(JSON.parse(closed.stdout).notes).toEqual([expect.stringContaining("sealed, not opened")]);
    const checked = await world.run(["check", "s1", "--json", "--secrets-key", join(world.home, "officer.key")]);
    expect([checked.code, JSON.parse(checked.stdout)]).toEqual([
      0,
      expect.objectContaining({ checked: 5, differences: [], notes: [] }),
    ]);
  });

  test("are sealed by the next run after a kill before the segments are gone, and none is lost", async () => {
    writeOfficer();
    writeLot(world.home, "s2", makeRows("S2", 3), { keystores, secrets: { sealTo: "officer.pem" } });
    const killed = await world.run(["run", "s2"], { at: { step: "passwords-sealed", signal: "SIGKILL" } });
    expect(killed.signal).toBe("SIGKILL");
    expect(readdirSync(output("s2", "secrets")).sort()).toEqual([
      ".work",
      "passwords-0001.csv.cms",
      expect.stringMatching(/^segment-\d{6}-[0-9a-f]+-[0-9a-f]+\.csv$/),
    ]);
    expect((await world.run(["run", "s2"])).code).toBe(0);
    expect(readdirSync(output("s2", "secrets")).sort()).toEqual([
      ".work",
      "passwords-0001.csv.cms",
      "passwords-0002.csv.cms",
    ]);
    const key = ["--secrets-key", join(world.home, "officer.key")];
    expect((await world.run(["check", "s2", ...key])).code).toBe(0);
  });

  test("are sealed as well when a run is stopped half-way", async () => {
    writeOfficer();
    writeLot(world.home, "s4", makeRows("S4", 600), { keystores, secrets: { sealTo: "officer.pem" } });
    const stopped = await world.run(["run", "s4"], { cores: 1, at: { step: "written", signal: "SIGINT" } });
    expect(stopped.code).toBe(130);
    expect(readdirSync(output("s4", "secrets")).sort()).toEqual([".work", "passwords-0001.csv.cms"]);
    expect(readdirSync(output("s4", "devices"))).toHaveLength(500);
    if (hasOpenssl) expect(openedByOpenssl("s4", 1)).toHaveLength(501);
  });

  test("cannot be sealed to what is no RSA certificate: nothing is begun", async () => {
    writeFileSync(join(world.home, "jobs", "ec.pem"), makeCa().pem);
    writeLot(world.home, "s3", makeRows("S3", 1), { keystores, secrets: { sealTo: "ec.pem" } });
    const refused = await world.run(["run", "s3"]);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("it must be RSA with at least 2048 bits"),
    ]);
    expect(existsSync(output("s3", "devices"))).toBe(false);
  });
});
