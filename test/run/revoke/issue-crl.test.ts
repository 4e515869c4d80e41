import { hash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import forge from "node-forge";
import { expect, test } from "vitest";
import { authorityLayout } from "../../../src/disk/layout.ts";
import type { RevokedSerial } from "../../../src/domain/revocation.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { CrlRecord } from "../../../src/ledger/revocation-lists.ts";
import { issueCrl } from "../../../src/run/revoke/issue-crl.ts";
import { readPem } from "../../../src/x509/pem.ts";
import { makeIssuer, NOW_MS, noOpenssl, openssl, temporaryHome } from "../../authority/authorities.ts";

test("of two lists that are written at once the one with the higher number stays", async () => {
  using home = temporaryHome();
  const issuer = await makeIssuer(home, "root", {});
  const digests = new Map<number, string>();
  let numbers = 0;
  let lists = 0;
  const slow = Promise.withResolvers<void>();
  const ledger: Pick<Ledger, "reserveCrl" | "revokedSerials" | "recordCrl"> = {
    reserveCrl: async () => ++numbers,
    revokedSerials: async function* () {
      // The first one comes to its end only once the second has had the time to overtake it.
      lists++;
      if (lists === 1) await slow.promise;
      yield [];
    },
    recordCrl: async ({ number, sha256 }) => {
      digests.set(number, sha256);
    },
  };
  const tools = { home, ledger: ledger as Ledger, now: () => NOW_MS };
  const first = issueCrl(tools, issuer);
  const second = issueCrl(tools, issuer);
  await Promise.race([second, pause(300)]);
  slow.resolve();
  expect([(await first).number, (await second).number]).toEqual([1, 2]);
  expect(hash("sha256", readFileSync(authorityLayout(home, "root").crlDer))).toBe(digests.get(2));
});

/** A ledger that has these pages; `between` is called before each of them. */
function ledgerOf(pages: readonly (readonly RevokedSerial[])[], between: (page: number) => void = () => undefined) {
  const records: CrlRecord[] = [];
  const ledger: Pick<Ledger, "reserveCrl" | "revokedSerials" | "recordCrl"> = {
    reserveCrl: async () => records.length + 1,
    revokedSerials: async function* () {
      for (const [index, page] of pages.entries()) {
        between(index);
        yield page;
      }
    },
    recordCrl: async (record) => {
      records.push(record);
    },
  };
  return { records, ledger: ledger as Ledger };
}

function serialNumbers(count: number, octets: number, first: number): readonly RevokedSerial[] {
  return Array.from({ length: count }, (_, index) => {
    const serial = Buffer.alloc(octets, 0x5a);
    serial.writeUIntBE(first + index, octets - 3, 3);
    const reason = index % 3 === 0 ? "unspecified" : "superseded";
    return { serialNumber: serial.toString("hex"), revokedAtMs: NOW_MS, reason };
  });
}

/** The serial numbers of a list as node-forge reads them: TBSCertList, 5.1.2.6 of RFC 5280. */
function serialsByForge(list: Buffer): readonly string[] {
  const read = forge.asn1.fromDer(forge.util.createBuffer(list.toString("latin1"), "raw"));
  const parts = (node: forge.asn1.Asn1) => node.value as forge.asn1.Asn1[];
  const entries = parts(read)[0];
  const revoked = entries === undefined ? undefined : parts(entries)[5];
  if (revoked === undefined) throw new Error("no entries");
  return parts(revoked).map((entry) => forge.util.bytesToHex(parts(entry)[0]?.value as string));
}

test.skipIf(noOpenssl)("a list over many pages is one list for OpenSSL and node-forge (needs openssl)", async () => {
  using home = temporaryHome();
  const issuer = await makeIssuer(home, "root", {});
  const pages = [serialNumbers(2000, 20, 0), [], serialNumbers(1999, 20, 5000), serialNumbers(300, 64, 0)];
  const { ledger, records } = ledgerOf([...pages, serialNumbers(1, 3, 0x412233)]);
  const written = await issueCrl({ home, ledger, now: () => NOW_MS }, issuer);
  const expected = [...pages.flat().map(({ serialNumber }) => serialNumber), "412233"];
  expect([written.entries, records[0]?.entries]).toEqual([4300, 4300]);

  const list = readFileSync(written.der);
  expect(records[0]?.sha256).toBe(hash("sha256", list));
  expect(readPem(readFileSync(written.pem, "utf8"))).toEqual([{ label: "X509 CRL", der: list }]);
  expect(serialsByForge(list)).toEqual(expected);
  const { certificate } = authorityLayout(home, "root");
  const text = join(home.root, "crl.txt");
  openssl("crl", "-in", written.pem, "-verify", "-CAfile", certificate, "-noout");
  openssl("crl", "-inform", "DER", "-in", written.der, "-verify", "-CAfile", certificate, "-text", "-out", text);
  // OpenSSL breaks long numbers with a backslash.
  const told = readFileSync(text, "utf8").replaceAll("\\\n", "").split("Serial Number: ").slice(1);
  expect(told.map((entry) => entry.split(/\s/)[0]?.toLowerCase())).toEqual(expected);
  expect(told.filter((entry) => entry.includes("Superseded")).length).toBe(1333 + 1332 + 200);
});

test("reading that breaks off leaves the list before whole, and nothing beside it", async () => {
  using home = temporaryHome();
  const issuer = await makeIssuer(home, "root", {});
  const { folder, crlDer, crlPem } = authorityLayout(home, "root");
  const first = ledgerOf([serialNumbers(3, 20, 0)]);
  await issueCrl({ home, ledger: first.ledger, now: () => NOW_MS }, issuer);
  const before = [readFileSync(crlDer), readFileSync(crlPem), readdirSync(folder)];
  const broken = ledgerOf([serialNumbers(2000, 20, 0), []], (page) => {
    if (page === 1) throw new Error("broken off");
  });
  await expect(issueCrl({ home, ledger: broken.ledger, now: () => NOW_MS }, issuer)).rejects.toThrow("broken off");
  expect(broken.records).toEqual([]);
  expect([readFileSync(crlDer), readFileSync(crlPem), readdirSync(folder)]).toEqual(before);
});

test("what a killed process left aside is gone after the next list, and entries that are aside are private", async () => {
  using home = temporaryHome();
  const issuer = await makeIssuer(home, "root", {});
  const { folder, crlDer, crlPem, crlEntries } = authorityLayout(home, "root");
  const before = readdirSync(folder);
  for (const left of [`${crlDer}.new`, `${crlPem}.new`, crlEntries]) writeFileSync(left, "left by a kill");
  const modes: number[] = [];
  const { ledger } = ledgerOf([serialNumbers(3, 20, 0), []], () => modes.push(statSync(crlEntries).mode & 0o777));
  await issueCrl({ home, ledger, now: () => NOW_MS }, issuer);
  if (process.platform !== "win32") expect(modes).toEqual([0o600, 0o600]);
  expect(readdirSync(folder)).toEqual([...before, "crl.der", "crl.pem"].toSorted());
});
