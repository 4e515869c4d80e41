import type { Truststore } from "../domain/job.ts";
import { encodePem } from "./encode-pem.ts";
import type { Pkcs12Recipe } from "./pkcs12-protection.ts";
import type { RandomOctets } from "./random-pool.ts";
import { writeJksTruststore } from "./write-jks.ts";
import { openTruststoreWriter } from "./write-truststore.ts";

/** A certificate that devices shall trust, by the name that it has in the truststore. */
export interface NamedCertificate {
  /** Undefined only in PEM, which has no names of its own. */
  readonly alias: string | undefined;
  /** DER. */
  readonly certificate: Uint8Array;
  /** In JKS; default: that of the truststore. */
  readonly createdAtMs?: number;
}

export interface NamedTruststore {
  readonly entries: readonly NamedCertificate[];
  readonly password: string;
  readonly recipe: Pkcs12Recipe;
  readonly iterations: number;
  readonly createdAtMs: number;
}

/** What stands above a certificate in PEM and names it; readers pass over text outside of blocks (RFC 7468, 2). */
const PEM_NAME = "# alias: ";

/** A truststore with these names. In PEM they stand above the certificates; the password is for the other formats. */
export function writeNamedTruststore(
  format: Truststore["formats"][number],
  { entries, password, recipe, iterations, createdAtMs }: NamedTruststore,
  random: RandomOctets,
): Buffer {
  if (format === "pem") {
    return Buffer.concat(
      entries.flatMap(({ alias, certificate }) => [
        Buffer.from(alias === undefined ? "" : `${PEM_NAME}${alias}\n`),
        encodePem("CERTIFICATE", certificate),
      ]),
    );
  }
  const certificates = entries.map(({ alias = "", ...entry }) => ({ ...entry, alias }));
  if (format === "jks") return writeJksTruststore({ certificates, password, createdAtMs });
  const options = {
    recipe,
    iterations,
    certificates: certificates.map(({ certificate }) => certificate),
    aliases: certificates.map(({ alias }) => alias),
  };
  const [written] = openTruststoreWriter(options, random)([password]);
  if (written === undefined) throw new Error("no truststore was written");
  return written;
}
