import type { AdoptedCertificate } from "../domain/certificate.ts";
import type { Engine } from "./engine.ts";
import { digestLines } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { prepare } from "./statement.ts";

/** One line of an adoption's digest: what never changes of a certificate that came in. */
export function adoptionLine(certificate: { readonly serial: string; readonly sha256: string }): string {
  return `${certificate.serial} ${certificate.sha256}`;
}

/** Certificates that other tools signed. */
export function adoptionMethods({ writer, write, append }: Engine): Pick<Ledger, "adoptCertificates"> {
  const last = prepare<{ adoption: number }>(
    writer,
    "SELECT coalesce(max(adoption), 0) AS adoption FROM adopted_certificates",
  );
  const add = prepare(
    writer,
    `INSERT INTO adopted_certificates
       (issuer, serial, adoption, subject, state, sha256, public_key_sha256, not_after_ms, revoked_at_ms, reason)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
  );
  const revoke = prepare(
    writer,
    `UPDATE adopted_certificates SET state = 'revoked', revoked_at_ms = ?, reason = ?
     WHERE issuer = ? AND serial = ? AND state = 'issued'`,
  );

  return {
    adoptCertificates: (issuer, certificates) =>
      write(() => {
        const adoption = (last.get()?.adoption ?? 0) + 1;
        const added: AdoptedCertificate[] = [];
        const revoked: string[] = [];
        for (const certificate of certificates) {
          const { serialNumber, subject, notAfterMs, revoked: end } = certificate;
          const serial = Buffer.from(serialNumber, "hex");
          const state = end === null ? "issued" : "revoked";
          const digests = [octets(certificate.sha256), octets(certificate.publicKeySha256)] as const;
          const ending = [end?.atMs ?? null, end?.reason ?? null] as const;
          if (add.run(issuer, serial, adoption, subject, state, ...digests, notAfterMs, ...ending) === 1) {
            added.push(certificate);
          } else if (end !== null && revoke.run(...ending, issuer, serial) === 1) revoked.push(serialNumber);
        }
        if (added.length > 0) {
          const lines = added.map(({ serialNumber, sha256 }) =>
            adoptionLine({ serial: serialNumber, sha256: sha256 ?? "" }),
          );
          const detail = { adoption, certificates: added.length, digest: digestLines(lines) };
          append({ kind: "certificates-adopted", subject: issuer, detail });
        }
        if (revoked.length > 0) {
          const detail = { certificates: revoked.length, digest: digestLines(revoked) };
          append({ kind: "adopted-revoked", subject: issuer, detail });
        }
        return added.length;
      }),
  };
}

function octets(hex: string | null): Buffer | null {
  return hex === null ? null : Buffer.from(hex, "hex");
}
