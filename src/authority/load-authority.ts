import { type KeyObject, X509Certificate } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { authorityLayout, type Home } from "../disk/layout.ts";
import type { KeyAlgorithm, Validity } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import { suggestName } from "../domain/nearest-word.ts";
import { describeName } from "../x509/distinguished-name.ts";
import type { SignatureAlgorithm } from "../x509/encode-certificate.ts";
import type { CertificateFields } from "../x509/read-certificate.ts";
import { type AuthorityKeys, openAuthorityKey } from "./authority-key.ts";
import { type AuthorityDescription, describeStoredAuthority } from "./describe-authority.ts";
import { parsePkcs11Uri } from "./hsm/pkcs11-uri.ts";
import { isKeyOf, type Token } from "./hsm/token.ts";
import { describeKey, keyAlgorithmOf } from "./key-algorithm.ts";
import { type SignerSource, signatureAlgorithmOf } from "./signer.ts";
import {
  digests,
  readAuthorityFile,
  readStoredAuthority,
  type StoredAuthority,
  unusableAuthority,
} from "./stored-authority.ts";
import { checkChainLength, verifyChain, verifyChainLinks } from "./verify-chain.ts";

/** What opens an authority's key: the passphrase of its key.pem, or the token that its authority.yaml names. */
export type KeyAccess = string | Token;

/** An authority that has been proven able to sign. */
export interface LoadedIssuer extends Validity {
  readonly name: string;
  readonly certificateDer: Buffer;
  /** Itself first, anchor last. */
  readonly chainDer: readonly Buffer[];
  readonly chainPem: string;
  /** As text, `CN=…,O=…`. */
  readonly subject: string;
  /** Digests of the certificate, lower-case hex; the platform goes by SHA-1. */
  readonly sha1: string;
  readonly sha256: string;
  readonly signer: SignerSource;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly keyAlgorithm: KeyAlgorithm;
  readonly pathLength?: number;
}

/** The authorities of a home, sorted by name; those that wait for their certificate and damaged ones included. */
function authorityNames(home: Home): readonly string[] {
  if (!existsSync(home.authorities)) return [];
  return readdirSync(home.authorities, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
}

/** True for an authority whose key is here and whose certificate has still to come. */
export function awaitsCertificate(home: Home, name: string): boolean {
  const layout = authorityLayout(home, name);
  return authorityNames(home).includes(name) && existsSync(layout.request) && !existsSync(layout.certificate);
}

/**
 * Reads an authority's certificate and chain. An unknown name is `usage`; unreadable files, and a
 * certificate that has not come yet, are `issuer-unusable`.
 */
export function readAuthority(home: Home, name: string): StoredAuthority {
  const names = authorityNames(home);
  if (!names.includes(name)) {
    const message = `there is no authority ${JSON.stringify(name)}; ${suggestName(name, names.toReversed())}`;
    throw new OnboardingError(message, { code: "usage" });
  }
  if (awaitsCertificate(home, name)) throw unusableAuthority(name, awaits(home, name));
  return readStoredAuthority(authorityLayout(home, name), name);
}

function awaits(home: Home, name: string): string {
  const { request } = authorityLayout(home, name);
  return `it waits for its certificate; have ${request} signed, then: lotmint authority import ${name} --certificate FILE`;
}

/** What stands on disk about an authority; proves nothing. An unknown name is `usage`. */
export function describeAuthority(home: Home, name: string): AuthorityDescription {
  return describeStoredAuthority(readAuthority(home, name));
}

/** One authority of a list: described, or why it cannot be. */
export type AuthorityEntry =
  | (AuthorityDescription & { readonly state: "ready" })
  | { readonly state: "requested" | "damaged"; readonly name: string; readonly problem: string };

/** All authorities of a home, sorted by name; one that cannot be read hides none of the others. */
export function listAuthorities(home: Home): readonly AuthorityEntry[] {
  return authorityNames(home).map((name) => {
    if (awaitsCertificate(home, name)) return { state: "requested", name, problem: awaits(home, name) };
    try {
      return { state: "ready", ...describeAuthority(home, name) };
    } catch (error) {
      if (!(error instanceof OnboardingError)) throw error;
      return { state: "damaged", name, problem: error.message };
    }
  });
}

/** The authorities of a home that can be read, for looking certificates up. */
export function readableAuthorities(home: Home): readonly StoredAuthority[] {
  return authorityNames(home).flatMap((name) => {
    try {
      return [readAuthority(home, name)];
    } catch (error) {
      if (!(error instanceof OnboardingError)) throw error;
      return [];
    }
  });
}

/**
 * Finds out that the passphrase or the token opens an authority's key and that the key fits its certificate; whether it may sign
 * today is not asked. Else throws `issuer-unusable`. `loadIssuer` with the same `keys` need not open it again.
 */
export function proveIssuerKey(home: Home, name: string, access: KeyAccess, keys: AuthorityKeys): void {
  openKey(home, readAuthority(home, name), access, keys.prove);
}

/**
 * Asks of `loadIssuer`'s questions those that need no passphrase: there is a key, and relying parties accept a device
 * below its chain at `nowMs`. Else throws `issuer-unusable`.
 */
export function requireUsableIssuer(home: Home, name: string, nowMs: number, maxChain: number): void {
  const stored = readAuthority(home, name);
  requireKey(stored);
  verifyChain(name, stored.chain, nowMs);
  checkChainLength(name, stored.chain.length, maxChain);
}

function requireKey({ name, hasKey }: StoredAuthority): void {
  if (hasKey) return;
  throw unusableAuthority(
    name,
    "there is no key.pem: it was imported without a key, for trust and upload only, or the file is gone and has to be restored from a backup",
  );
}

function openKey(home: Home, stored: StoredAuthority, access: KeyAccess, open = openAuthorityKey): SignerSource {
  const { name, certificate, hsm } = stored;
  requireKey(stored);
  if (hsm !== undefined) return findTokenKey(name, certificate, hsm, access);
  if (typeof access !== "string") throw unusableAuthority(name, "its key is in key.pem, and not in a token");
  const key = open(name, readAuthorityFile(name, authorityLayout(home, name).key), access);
  checkKey(name, certificate, key);
  return { kind: "key", key };
}

/** The key of a token, once it has proven to be the certificate's. */
function findTokenKey(name: string, certificate: CertificateFields, hsm: string, access: KeyAccess): SignerSource {
  if (typeof access === "string") throw unusableAuthority(name, `its key is in a token (${hsm}), and not in key.pem`);
  const { publicKey } = new X509Certificate(certificate.raw);
  const key = access.findKey(parsePkcs11Uri(hsm));
  if (!isKeyOf(key, publicKey)) {
    throw unusableAuthority(
      name,
      `the key ${hsm} in the token does not belong to certificate.pem; correct the URI in authority.yaml`,
    );
  }
  return { kind: "token", key, publicKey };
}

/**
 * Loads an authority for signing and proves that it may: the passphrase or the token opens the key, the key fits
 * the certificate, relying parties accept a device below its chain at `nowMs` (`judgeChain`), and a
 * device makes no more than `maxChain` certificates. Each error is `issuer-unusable`. `keys` are those of the run.
 */
export function loadIssuer(
  home: Home,
  name: string,
  access: KeyAccess,
  nowMs: number,
  maxChain: number,
  keys?: AuthorityKeys,
): LoadedIssuer {
  const stored = readAuthority(home, name);
  const loaded = openStored(home, stored, access, () => verifyChain(name, stored.chain, nowMs), keys);
  checkChainLength(name, stored.chain.length, maxChain);
  return loaded;
}

/**
 * Loads an authority for signing revocation lists. As `loadIssuer`, but for what makes relying parties refuse the
 * devices below it: those that were minted before that was known have to be revocable. Each error is `issuer-unusable`.
 */
export function loadCrlSigner(home: Home, name: string, access: KeyAccess, nowMs: number): LoadedIssuer {
  const stored = readAuthority(home, name);
  return openStored(home, stored, access, () => verifyChainLinks(name, stored.chain, nowMs));
}

function openStored(
  home: Home,
  stored: StoredAuthority,
  access: KeyAccess,
  verify: () => void,
  keys?: AuthorityKeys,
): LoadedIssuer {
  const { name, certificate, chainDer, chainPem } = stored;
  const signer = openKey(home, stored, access, keys?.open);
  const key = signer.kind === "key" ? signer.key : signer.publicKey;
  verify();
  const keyAlgorithm = keyAlgorithmOf(key);
  if (keyAlgorithm === undefined)
    throw unusableAuthority(name, `its key is ${describeKey(key)}, which lotmint does not sign with`);
  const pathLength = certificate.basicConstraints?.pathLength;
  return {
    name,
    certificateDer: certificate.raw,
    chainDer,
    chainPem,
    notBeforeMs: certificate.notBeforeMs,
    notAfterMs: certificate.notAfterMs,
    subject: describeName(certificate.subject),
    ...digests(certificate.raw),
    signer,
    signatureAlgorithm: signatureAlgorithmOf(key),
    keyAlgorithm,
    ...(pathLength !== undefined && { pathLength }),
  };
}

function checkKey(name: string, certificate: CertificateFields, key: KeyObject): void {
  if (!new X509Certificate(certificate.raw).checkPrivateKey(key)) {
    throw unusableAuthority(name, "key.pem does not belong to certificate.pem; restore both from one backup");
  }
}
