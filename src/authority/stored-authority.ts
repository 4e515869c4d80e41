import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { isMissing, reasonOf } from "../disk/disk-error.ts";
import type { AuthorityLayout } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import { readPemCertificates, writePem } from "../x509/pem.ts";
import { type CertificateFields, readCertificate } from "../x509/read-certificate.ts";

/** An authority as it stands on disk, nothing proven, without its key. */
export interface StoredAuthority {
  readonly name: string;
  readonly certificate: CertificateFields;
  readonly certificateDer: Buffer;
  /** Itself first, anchor last. */
  readonly chain: readonly CertificateFields[];
  readonly chainDer: readonly Buffer[];
  readonly chainPem: string;
  /** False: it can be trusted and uploaded, but not sign. */
  readonly hasKey: boolean;
  /** The PKCS#11 URI of its key, as authority.yaml names it; undefined: the key is in no token. */
  readonly hsm: string | undefined;
}

/** Reads what is there; a file that is missing or holds no certificate is `issuer-unusable`. */
export function readStoredAuthority(layout: AuthorityLayout, name: string): StoredAuthority {
  const [certificate, ...rest] = readCertificates(name, layout.certificate);
  const chain = readCertificates(name, layout.chain);
  if (certificate === undefined || rest.length > 0) {
    throw unusableAuthority(name, `${layout.certificate} does not hold exactly one certificate`);
  }
  if (chain[0]?.raw.equals(certificate.raw) !== true) {
    throw unusableAuthority(name, `${layout.chain} does not begin with the certificate in certificate.pem`);
  }
  const chainDer = chain.map(({ raw }) => raw);
  const hsm = readTokenUri(layout);
  return {
    name,
    certificate,
    certificateDer: certificate.raw,
    chain,
    chainDer,
    chainPem: chainDer.map((der) => writePem("CERTIFICATE", der)).join(""),
    hasKey: hsm !== undefined || existsSync(layout.key),
    hsm,
  };
}

/** The line of authority.yaml that names a key in a token: as lotmint writes it, or as somebody has written it by hand. */
const TOKEN_LINE = /^hsm:[ \t]+(?:"([^"\n]*)"|'([^'\n]*)'|(\S+))[ \t]*(?:#.*)?$/m;

/**
 * The PKCS#11 URI of an authority's key, undefined where its key is in no token, also while it waits for its certificate.
 * An authority.yaml that cannot be read is `issuer-unusable`.
 */
export function readTokenUri({ folder, description }: AuthorityLayout): string | undefined {
  if (!existsSync(description)) return undefined;
  const [, quoted, single, plain] = TOKEN_LINE.exec(readAuthorityFile(basename(folder), description)) ?? [];
  return quoted ?? single ?? plain;
}

/** SHA-1 and SHA-256 of a certificate, lower-case hex. */
export function digests(der: Uint8Array): { readonly sha1: string; readonly sha256: string } {
  return {
    sha1: createHash("sha1").update(der).digest("hex"),
    sha256: createHash("sha256").update(der).digest("hex"),
  };
}

function readCertificates(name: string, path: string): CertificateFields[] {
  const text = readAuthorityFile(name, path);
  try {
    return readPemCertificates(text).map(readCertificate);
  } catch (cause) {
    throw unusableAuthority(name, `${path} holds something that is not a certificate`, cause);
  }
}

/** A file of an authority as text; one that cannot be read is `issuer-unusable`. */
export function readAuthorityFile(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const reason = isMissing(cause) ? undefined : reasonOf(cause, path);
    throw unusableAuthority(name, `${path} cannot be read${reason === undefined ? "" : `: ${reason}`}`, cause);
  }
}

/** The error of an authority that cannot sign. */
export function unusableAuthority(name: string, problem: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`authority ${name} cannot be used: ${problem}`, { code: "issuer-unusable", cause });
}
