import { beforeEach, describe, expect, test } from "vitest";
import type { AdoptedCertificate } from "../../../src/domain/certificate.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import type { LedgerFactory } from "../ledger-factory.ts";
import * as world from "../ledger-world.ts";

export function adoptionsContract(open: LedgerFactory): void {
  describe("adoptions", () => {
    const NOW_MS = Date.UTC(2026, 10, 23);

    let ledger: Ledger;

    beforeEach(async () => {
      ({ ledger } = await open(() => NOW_MS));
    });

    function foreign(serialNumber: string, changed: Partial<AdoptedCertificate> = {}): AdoptedCertificate {
      return {
        serialNumber,
        subject: `/CN=${serialNumber}`,
        notAfterMs: NOW_MS,
        sha256: world.digest(serialNumber),
        publicKeySha256: null,
        revoked: null,
        ...changed,
      };
    }
    const revoked = { atMs: NOW_MS - 1000, reason: "keyCompromise" } as const;

    test("what other tools signed counts with what was signed here, and small numbers begin anew with each authority", async () => {
      expect(await ledger.adoptCertificates("root", [foreign("1000")])).toBe(1);
      expect(
        await ledger.adoptCertificates("line", [foreign("1000"), foreign("1001", { revoked, sha256: null })]),
      ).toBe(2);
      await ledger.reserveSerial({ serialNumber: world.serialNumber(), issuer: "line", subject: "CN=x" });
      expect(await ledger.countCertificates("root")).toEqual({ issued: 1, revoked: 0, abandoned: 0 });
      expect(await ledger.countCertificates("line")).toEqual({ issued: 2, revoked: 1, abandoned: 0 });
      expect(await ledger.countCertificates("other")).toEqual({ issued: 0, revoked: 0, abandoned: 0 });
    });

    test("saying it again changes nothing, except that one may have been revoked meanwhile", async () => {
      await ledger.adoptCertificates("line", [foreign("1000"), foreign("1001", { revoked })]);
      const before = await ledger.head();
      expect(await ledger.adoptCertificates("line", [foreign("1000"), foreign("1001")])).toBe(0);
      expect(await ledger.head()).toEqual(before);
      expect(await ledger.countCertificates("line")).toEqual({ issued: 2, revoked: 1, abandoned: 0 });
      expect(await ledger.adoptCertificates("line", [foreign("1000", { revoked }), foreign("1002")])).toBe(1);
      expect(await ledger.countCertificates("line")).toEqual({ issued: 3, revoked: 2, abandoned: 0 });
    });

    test("an adoption is taken in whole or not at all", async () => {
      const tooLong = foreign("11".repeat(65));
      await expect(ledger.adoptCertificates("line", [foreign("1000"), tooLong])).rejects.toMatchObject({
        code: "state-damaged",
      });
      expect(await ledger.countCertificates("line")).toEqual({ issued: 0, revoked: 0, abandoned: 0 });
      expect(await ledger.head()).toBeUndefined();
    });

    test("a reserved serial number is open, with its time, until it is recorded or abandoned", async () => {
      const [used, lost, left] = [world.serialNumber(), world.serialNumber(), world.serialNumber()];
      expect(await ledger.openSerials()).toEqual([]);
      for (const serialNumber of [used, lost, left]) {
        await ledger.reserveSerial({ serialNumber, issuer: "root", subject: `CN=${serialNumber}` });
      }
      const { externalId: _id, files: _files, ...certificate } = world.certificateOf("line", used);
      await ledger.recordCertificate(certificate);
      await ledger.abandonSerial(lost);
      expect(await ledger.openSerials()).toEqual([
        { serialNumber: left, issuer: "root", subject: `CN=${left}`, reservedAtMs: NOW_MS },
      ]);
    });

    test("a certificate may be recorded twice, another one under the same number may not", async () => {
      const serialNumber = world.serialNumber();
      await ledger.reserveSerial({ serialNumber, issuer: "root", subject: "CN=line" });
      const { externalId: _id, files: _files, ...certificate } = world.certificateOf("line", serialNumber);
      await ledger.recordCertificate(certificate);
      const head = await ledger.head();
      await ledger.recordCertificate(certificate);
      expect(await ledger.head()).toEqual(head);
      const other = { ...certificate, sha256: world.digest("other") };
      await expect(ledger.recordCertificate(other)).rejects.toMatchObject({ code: "state-damaged" });
    });
  });
}
