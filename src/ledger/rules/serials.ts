import type { AdoptedCertificate } from "../../domain/certificate.ts";
import type { Reading } from "../reading.ts";
import type { Serials } from "../serials.ts";
import { damaged } from "./damaged.ts";
import type { Append, Engine } from "./engine.ts";
import { digestLines, SITE } from "./event-digest.ts";
import { serialTaken } from "./reserve-certificates.ts";
import type { Statements } from "./statements.ts";

/** Certificates outside lots, one at a time or taken over from another tool, and the questions about any certificate. */
export function serialRules({ read, write }: Engine): Serials & Pick<Reading, "countLotCertificates"> {
  return {
    reserveSerial: ({ serialNumber, issuer, subject }) =>
      write(async (on, append) => {
        if (!(await on.addSerial(serialNumber, issuer, subject))) throw serialTaken(serialNumber);
        append({ chain: SITE, kind: "serial-reserved", subject: issuer, detail: { serialNumber, for: subject } });
      }),
    recordCertificate: (certificate) =>
      write(async (on, append) => {
        const { serialNumber, sha256 } = certificate;
        const issuer = await on.issueAlone(certificate);
        if (issuer === undefined && (await on.hasCertificate(serialNumber, sha256))) return;
        if (issuer === undefined) throw notReserved(serialNumber);
        append({ chain: SITE, kind: "certificate-recorded", subject: issuer, detail: { serialNumber, sha256 } });
      }),
    abandonSerial: (serialNumber) =>
      write(async (on, append) => {
        const issuer = await on.abandonAlone(serialNumber);
        if (issuer === undefined) throw notReserved(serialNumber);
        append({ chain: SITE, kind: "serial-abandoned", subject: issuer, detail: { serialNumber } });
      }),
    openSerials: () => read((on) => on.openSerials()),
    adoptCertificates: (issuer, certificates) => write((on, append) => adopt(on, append, issuer, certificates)),
    countCertificates: (issuer) =>
      read(async (on) => {
        const own = await on.countByIssuer(issuer);
        const others = await on.countAdopted(issuer);
        return { ...own, issued: own.issued + others.issued, revoked: own.revoked + others.revoked };
      }),
    countLotCertificates: (lot) => read((on) => on.countByLot(lot)),
    certificate: (serialNumber) => read((on) => on.certificateBySerial(serialNumber)),
    publicKeyHolders: (digests) =>
      read(async (on) => {
        if (digests.length === 0) return [];
        return [...(await on.keyHolders(digests)), ...(await on.adoptedKeyHolders(digests))];
      }),
  };
}

/** One line of an adoption's digest: what never changes of a certificate that came in. */
export function adoptionLine(serialNumber: string, sha256: string | null): string {
  return `${serialNumber} ${sha256 ?? ""}`;
}

async function adopt(
  on: Statements,
  append: Append,
  issuer: string,
  certificates: readonly AdoptedCertificate[],
): Promise<number> {
  const adoption = await on.nextAdoption();
  const isNew = await on.addAdopted(issuer, adoption, certificates);
  const added = certificates.filter(({ serialNumber }) => isNew.has(serialNumber));
  const ended = certificates.filter(({ serialNumber, revoked }) => revoked !== null && !isNew.has(serialNumber));
  const revoked = ended.length === 0 ? [] : await on.revokeAdopted(issuer, ended);
  if (added.length > 0) {
    const digest = digestLines(added.map(({ serialNumber, sha256 }) => adoptionLine(serialNumber, sha256)));
    const detail = { adoption, certificates: added.length, digest };
    append({ chain: SITE, kind: "certificates-adopted", subject: issuer, detail });
  }
  if (revoked.length > 0) {
    const detail = { certificates: revoked.length, digest: digestLines(revoked) };
    append({ chain: SITE, kind: "adopted-revoked", subject: issuer, detail });
  }
  return added.length;
}

function notReserved(serialNumber: string) {
  return damaged(`serial number ${serialNumber} is not reserved outside a batch`);
}
