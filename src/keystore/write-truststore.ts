import { der, derOid, derSequence, TAG } from "../asn1/der.ts";
import { openBackwardWriter } from "./backward-writer.ts";
import { openProtect, type Pkcs12Recipe } from "./pkcs12-protection.ts";
import { certificateBag, friendlyName, putEncryptedContents, writePfx } from "./pkcs12-structure.ts";
import type { RandomOctets } from "./random-pool.ts";

/** Alias of the first trusted certificate; the next ones get a number. */
const ALIAS = "servercertificate";

export function trustedAlias(index: number): string {
  return index === 0 ? ALIAS : `${ALIAS}-${index + 1}`;
}

/**
 * Java's mark for a certificate that is trusted, here for any purpose: without it a truststore loads
 * with no entries, and no error (Oracle's trustedKeyUsage, anyExtendedKeyUsage).
 */
const TRUSTED = derSequence(derOid("2.16.840.1.113894.746875.1.1"), der(TAG.SET, derOid("2.5.29.37.0")));

export interface TruststoreOptions {
  readonly recipe: Pkcs12Recipe;
  readonly iterations: number;
  /** DER. */
  readonly certificates: readonly Uint8Array[];
  /** Of each certificate; default: as `trustedAlias` has it. */
  readonly aliases?: readonly string[];
}

/** Writes PKCS#12 truststores for Java, one per password. Node and OpenSSL clients want `truststore.pem`. */
export function openTruststoreWriter(
  options: TruststoreOptions,
  random: RandomOctets,
): (passwords: readonly string[]) => Buffer[] {
  const protect = openProtect(options.recipe, options.iterations, 1, random);
  const writer = openBackwardWriter();
  const contents = derSequence(
    ...options.certificates.map((certificate, index) =>
      certificateBag(certificate, friendlyName(options.aliases?.[index] ?? trustedAlias(index)), TRUSTED),
    ),
  );
  return (passwords) =>
    protect(
      passwords.map((password) => ({ password })),
      (_, protection) => writePfx(writer, protection, () => putEncryptedContents(writer, protection.encrypt(contents))),
    );
}
