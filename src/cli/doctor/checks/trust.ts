import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { readCertificatesToTrust } from "../../../authority/foreign/certificates-to-trust.ts";
import { OnboardingError } from "../../../domain/error.ts";
import { readCaFile } from "../../../platform/http/site-access.ts";
import { type DoctorCheck, type DoctorFinding, ok, problem, warning } from "../doctor-check.ts";

const WARN_MS = 30 * 86_400_000;

/** The private CA of the platform, and what is pinned for devices' truststores. */
export const trustCheck: DoctorCheck = {
  name: "trust",
  look: ({ home, site, now }) => {
    const caFile = site().platform?.caFile;
    const pinned = home.pinnedCertificates;
    const findings = [
      ...(caFile === undefined ? [] : lookAt("platform.caFile", caFile, now(), () => readCaFile(caFile))),
      ...(existsSync(pinned)
        ? lookAt("the pinned truststore", pinned, now(), () => readCertificatesToTrust([pinned], now()))
        : []),
    ];
    return findings.length === 0 ? [ok("no private CA and no pinned truststore")] : findings;
  },
};

function lookAt(
  what: string,
  path: string,
  nowMs: number,
  read: () => unknown,
): readonly Omit<DoctorFinding, "name">[] {
  const cure = what === "platform.caFile" ? "put the CA's new certificate there" : "lotmint truststore fetch HOST:PORT";
  try {
    read();
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return [problem(error.message, cure)];
  }
  const ends = (
    readFileSync(path, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  ).map((pem) => new X509Certificate(pem).validToDate.getTime());
  const first = Math.min(...ends);
  const told = `${what} ${path}: the first certificate in it ends on ${new Date(first).toISOString().slice(0, 10)}`;
  if (first <= nowMs) return [problem(told, cure)];
  return [first - nowMs < WARN_MS ? warning(told, cure) : ok(told)];
}
