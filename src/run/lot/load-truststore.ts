import { existsSync } from "node:fs";
import { type CertificatesToTrust, readCertificatesToTrust } from "../../authority/foreign/certificates-to-trust.ts";
import type { Home } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Truststore } from "../../domain/job.ts";

/** The job's word for what `truststore fetch` has pinned. */
const PLATFORM = "platform";

/** What a job's devices shall trust. Reads files only; throws `usage` for what is not there or cannot be used. */
export function loadTruststore(home: Home, truststore: Truststore, nowMs: number): CertificatesToTrust {
  const paths = truststore.certificates.map((named) => (named === PLATFORM ? home.pinnedCertificates : named));
  if (truststore.certificates.includes(PLATFORM) && !existsSync(home.pinnedCertificates)) {
    throw new OnboardingError(
      "the job's truststore asks for the platform's certificates, and none are pinned; pin them with: lotmint truststore fetch HOST:PORT",
      { code: "usage" },
    );
  }
  return readCertificatesToTrust(paths, nowMs);
}
