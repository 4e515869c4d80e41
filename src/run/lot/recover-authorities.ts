import { createHash } from "node:crypto";
import { issuedCertificates } from "../../authority/issued-certificates.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { RunTools } from "./run-tools.ts";

/** No command takes this long from a reservation to its certificate: what is older was left by a killed one. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Settles what a killed authority command left: a certificate that stands in its place is recorded, and a
 * serial number that has none after all this time is abandoned. A command that is under way meanwhile is
 * not disturbed: the same certificate may be recorded twice.
 */
export async function recoverAuthorities(
  ledger: Pick<Ledger, "openSerials" | "certificate" | "recordCertificate" | "abandonSerial">,
  { home, log, now }: Pick<RunTools, "home" | "log" | "now">,
): Promise<void> {
  const open = await ledger.openSerials();
  if (open.length === 0) return;
  const found = new Map(issuedCertificates(home).map((certificate) => [certificate.serialNumber, certificate]));
  for (const { serialNumber, issuer, subject, reservedAtMs } of open) {
    const certificate = found.get(serialNumber);
    if (certificate !== undefined) {
      await ledger.recordCertificate({
        serialNumber,
        notAfterMs: certificate.notAfterMs,
        sha256: createHash("sha256").update(certificate.raw).digest("hex"),
        publicKeySha256: createHash("sha256").update(certificate.spki).digest("hex"),
      });
      log.warn(
        { issuer, subject, serialNumber },
        `recorded certificate ${serialNumber} of ${subject}, issued by ${issuer}, which a killed command had placed`,
      );
    } else if (now() - reservedAtMs > PATIENCE_MS) {
      await ledger.abandonSerial(serialNumber).catch(async (error: unknown) => {
        // Another command may have settled it at the same time.
        if ((await ledger.certificate(serialNumber))?.state === "reserved") throw error;
      });
      log.warn(
        { issuer, subject, serialNumber },
        `abandoned serial number ${serialNumber} of ${issuer}, which a killed command had reserved for ${subject}`,
      );
    }
  }
}
