import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readJks } from "../../src/verify/read-jks.ts";
import { readPkcs12 } from "../../src/verify/read-strict-pkcs12.ts";
import { type Answered, runInProcess } from "./in-process.ts";

const SECRET = "k3y-that-nobody-reads";
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "lotmint-sheets-"));
  expect((await lotmint("authority", "create", "root")).code).toBe(0);
  expect((await lotmint("authority", "create", "line", "--issuer", "root")).code).toBe(0);
  for (const folder of ["jobs", "input"]) mkdirSync(join(home, folder));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function lotmint(...args: readonly string[]): Promise<Answered> {
  return runInProcess(["--home", home, ...args], home, { LOTMINT_PASSPHRASE: "a passphrase for sheets" });
}

function writeJob(name: string, job: object): void {
  const settings = { manifest: `../input/${name}*.csv`, issuer: "line", registration: { mode: "none" }, ...job };
  writeFileSync(join(home, "jobs", `${name}.yaml`), JSON.stringify(settings));
}

function writeManifest(name: string, content: string, mode = 0o644): void {
  writeFileSync(join(home, "input", name), content);
  chmodSync(join(home, "input", name), mode);
}

const output = (lot: string, ...path: readonly string[]) => join(home, "output", lot, ...path);
const devices = (lot: string) => readdirSync(output(lot, "devices")).sort();

function aliasesOf(lot: string, id: string): readonly (string | undefined)[] {
  const listed = readFileSync(output(lot, "secrets", "passwords.csv"), "utf8").split("\n");
  const password = listed.find((line) => line.startsWith(`${id},`))?.slice(id.length + 1) ?? "";
  const file = (name: string) => readFileSync(output(lot, "devices", id, name));
  return [readPkcs12(file("keystore.p12"), password).alias, readJks(file("keystore.jks"), password).alias];
}

test("what a spreadsheet leaves is minted or rejected, and its rejects go on in its own form", async () => {
  writeJob("Gera\u0308t", { columns: { id: "Device ID" } });
  const rows = [
    "sep=;",
    "\u200bDevice\u00a0ID; Name ;iccid",
    " SN-1\u00a0; Tür; links ;x",
    '"SN-2";"Tür; rechts"',
    ";;",
    "Device ID;Name;iccid",
    "SN-3;;8.94901E+18",
    "SN-4;ohne;+491555555;;",
  ];
  writeManifest("Ger\u00e4t-1.CSV", `\ufeff${rows.join("\r\n")}\r\n`);
  const run = await lotmint("run", "Gera\u0308t", "--json");
  expect(run.code).toBe(3);
  const [lot = ""] = readdirSync(join(home, "output"));
  expect(devices(lot)).toEqual(["SN-2", "SN-4"]);
  const rejects = readFileSync(output(lot, "rejects.csv"), "utf8");
  const [marked, header, ...bad] = rejects.split("\r\n");
  expect([marked, header]).toEqual(["\ufeffsep=;", "Device ID;Name;iccid;lotmint:lot;lotmint:line;lotmint:reason"]);
  expect(bad.map((line) => line.split(";")[0])).toEqual(["SN-1", "Device ID", "SN-3", ""]);
  const corrected = [header, "SN-1;Tür", "SN-3;;8949012345678901234"].map((line, index) =>
    index === 0 ? line : `${line}${index === 1 ? ";" : ""};${lot};${index === 1 ? 3 : 7};`,
  );
  writeFileSync(join(home, "again.csv"), `\ufeff${corrected.join("\r\n")}\r\n`);
  expect((await lotmint("run", "again.csv")).code).toBe(3);
  expect(devices(lot)).toEqual(["SN-1", "SN-2", "SN-3", "SN-4"]);
});

test("secret columns are nowhere but in the copy of the manifest, and who could not read that reads no rejects", async () => {
  writeJob("hush", { secretColumns: ["app_key"] });
  writeManifest("hush.csv", `id,App_Key,CREDENTIALS\nH-1,${SECRET},${SECRET}\nH 2,${SECRET},\n`, 0o600);
  const run = await lotmint("run", "hush");
  expect(run.code).toBe(3);
  expect(run.text).toMatch(/correct rejected rows in the manifest[\s\S]*"App_Key",\s+"CREDENTIALS"/);
  expect(readFileSync(output("hush", "rejects.csv"), "utf8")).toMatch(
    /^id,lotmint:lot,lotmint:line,lotmint:reason\nH 2,hush,3,/,
  );
  expect(statSync(output("hush", "rejects.csv")).mode & 0o777).toBe(0o600);
  // It shows the first rejected rows.
  expect(statSync(output("hush", "report.html")).mode & 0o777).toBe(0o600);
  const holders = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) => {
    const path = join(home, name);
    return statSync(path).isFile() && readFileSync(path).includes(SECRET);
  });
  expect(holders.map((name) => name.replace(/[0-9a-f]{16}/, "SHA256"))).toEqual([
    join("input", "hush.csv"),
    join("state", "lots", "hush", "manifest-SHA256.csv"),
  ]);
  writeManifest("hush.csv", `id,App_Key,CREDENTIALS\nH-1,${SECRET},${SECRET}\nH-2,${SECRET},\n`, 0o600);
  expect((await lotmint("run", "hush")).code).toBe(0);
});

test("a keystore's alias is made from the row, checked against it, and changes with a remint", async () => {
  writeJob("named", {
    keystores: { pkcs12: { alias: "{id}" }, jks: { alias: "{Label}-{lot}" }, pem: { key: "none" } },
  });
  writeManifest("named.csv", "id,Label\nN-1,Tür A\nN-2,\n");
  expect((await lotmint("run", "named")).code).toBe(3);
  expect(readFileSync(output("named", "rejects.csv"), "utf8")).toContain(
    "the cell is empty, and the job makes the alias in keystore.jks from it",
  );
  expect(aliasesOf("named", "N-1")).toEqual(["N-1", "tür a-named"]);
  expect((await lotmint("check", "named")).code).toBe(0);
  writeManifest("named.csv", "id,Label\nN-1,Tür B\nN-2,C\n");
  const changed = await lotmint("run", "named");
  expect(changed.text).toMatch(/the subject of 1 device \(N-1\) has changed, or the alias in its\s+keystores/);
  expect([aliasesOf("named", "N-1"), aliasesOf("named", "N-2")]).toEqual([
    ["N-1", "tür a-named"],
    ["N-2", "c-named"],
  ]);
  expect((await lotmint("check", "named")).code).toBe(0);
  expect((await lotmint("remint", "N-1", "--reason", "superseded")).code).toBe(0);
  expect(aliasesOf("named", "N-1")).toEqual(["N-1", "tür b-named"]);
  expect((await lotmint("check", "named")).code).toBe(0);
});
