import type { Truststore } from "../domain/job.ts";
import { encodePem } from "./encode-pem.ts";
import type { RandomOctets } from "./random-pool.ts";
import { writeJksTruststore } from "./write-jks.ts";
import { openTruststoreWriter, type TruststoreOptions, trustedAlias } from "./write-truststore.ts";

/** Java's own default: a lot's truststore holds nothing secret, and everybody who has to open it must know it. */
export const LOT_TRUSTSTORE_PASSWORD = "changeit";

export const TRUSTSTORE_NAMES = {
  pkcs12: "truststore.p12",
  jks: "truststore.jks",
  pem: "truststore.pem",
} as const satisfies Readonly<Record<Truststore["formats"][number], string>>;

/** One truststore for a whole lot, in one of the formats; its password is `changeit`. */
export function writeLotTruststore(
  format: Truststore["formats"][number],
  options: TruststoreOptions & { readonly createdAtMs: number },
  random: RandomOctets,
): Buffer {
  const { certificates, createdAtMs } = options;
  const password = LOT_TRUSTSTORE_PASSWORD;
  if (format === "pem") return Buffer.concat(certificates.map((certificate) => encodePem("CERTIFICATE", certificate)));
  if (format === "jks") {
    const entries = certificates.map((certificate, index) => ({ alias: trustedAlias(index), certificate }));
    return writeJksTruststore({ certificates: entries, password, createdAtMs });
  }
  const [written] = openTruststoreWriter(options, random)([password]);
  if (written === undefined) throw new Error("no truststore was written");
  return written;
}
