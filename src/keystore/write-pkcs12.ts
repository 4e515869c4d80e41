import { hash } from "node:crypto";
import { TAG } from "../asn1/der.ts";
import { openBackwardWriter } from "./backward-writer.ts";
import { openProtect, type Pkcs12Recipe, type Protection } from "./pkcs12-protection.ts";
import {
  certificateBag,
  keyAttributes,
  putCertificateBag,
  putEncryptedContents,
  putKeyContents,
  putPlainContents,
  writePfx,
} from "./pkcs12-structure.ts";
import type { RandomOctets } from "./random-pool.ts";

export interface Pkcs12Entry {
  /** PrivateKeyInfo, DER; left as it is: its owner wipes it. */
  readonly pkcs8: Uint8Array;
  /** The key's own certificate, DER. */
  readonly certificate: Uint8Array;
  readonly password: string;
  /** friendlyName of key and certificate, instead of the one of the options. */
  readonly alias?: string | undefined;
}

export interface Pkcs12WriterOptions {
  readonly recipe: Pkcs12Recipe;
  /** Rounds for encryption and MAC each. */
  readonly iterations: number;
  /** friendlyName of key and certificate. */
  readonly alias: string;
  /** The authorities' certificates, issuer first, DER. */
  readonly chain: readonly Uint8Array[];
}

/** Writes one PKCS#12 keystore per entry, in their order. In fours the MAC costs about half. */
export type Pkcs12Writer = (entries: readonly Pkcs12Entry[]) => Buffer[];

/**
 * A writer for files that share all but key, certificate and password; made once per thread. Files
 * follow RFC 7292: the key encrypted, key and leaf tied by localKeyID and named by the alias, authorities
 * without attributes. A modern file encrypts its certificates too; in a legacy one, where each encrypted
 * part costs three derivations of its own, they stand in the clear. OpenSSL, Java, GnuTLS and NSS read both.
 */
export function openPkcs12Writer(options: Pkcs12WriterOptions, random: RandomOctets): Pkcs12Writer {
  const sealsCertificates = options.recipe === "modern";
  const protect = openProtect(options.recipe, options.iterations, sealsCertificates ? 2 : 1, random);
  const writer = openBackwardWriter();
  const issuers = Buffer.concat(options.chain.map((certificate) => certificateBag(certificate)));
  const shared = keyAttributes(options.alias);

  const write = (entry: Pkcs12Entry, protection: Protection): Buffer => {
    const { attributes, keyIdAt } = entry.alias === undefined ? shared : keyAttributes(entry.alias);
    attributes.set(hash("sha1", entry.certificate, "buffer"), keyIdAt);
    writer.clear();
    writer.put(issuers);
    putCertificateBag(writer, entry.certificate, attributes);
    writer.wrap(TAG.SEQUENCE, 0);
    const certificates = sealsCertificates ? protection.encrypt(writer.view(0)) : writer.take();
    const key = protection.encrypt(entry.pkcs8);
    return writePfx(writer, protection, () => {
      putKeyContents(writer, key, attributes);
      if (Buffer.isBuffer(certificates)) putPlainContents(writer, certificates);
      else putEncryptedContents(writer, certificates);
    });
  };

  return (entries) => protect(entries, write);
}
