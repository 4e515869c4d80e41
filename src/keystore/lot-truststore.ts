import type { Truststore } from "../domain/job.ts";
import { writeNamedTruststore } from "./named-truststore.ts";
import type { RandomOctets } from "./random-pool.ts";
import { type TruststoreOptions, trustedAlias } from "./write-truststore.ts";

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
  const entries = options.certificates.map((certificate, index) => ({
    alias: format === "pem" ? undefined : trustedAlias(index),
    certificate,
  }));
  return writeNamedTruststore(format, { ...options, entries, password: LOT_TRUSTSTORE_PASSWORD }, random);
}
