import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { announceStep } from "../../disk/announce-step.ts";
import { replaceFile, SHARED_FILE } from "../../disk/durable.ts";
import { type AuthorityLayout, authorityLayout, type Home } from "../../disk/layout.ts";
import type { AdoptedCertificate, SerialNumber } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import { authorityFiles } from "../authority-files.ts";
import { checkNewPassphrase, encryptKey } from "../authority-key.ts";
import { checkAuthorityName } from "../authority-name.ts";
import type { AuthorityDescription } from "../describe-authority.ts";
import type { EventRecorder } from "../event-recorder.ts";
import { isKeyOf } from "../hsm/token.ts";
import { awaitsCertificate, describeAuthority, readableAuthorities } from "../load-authority.ts";
import type { KeyPlace } from "../new-key.ts";
import { checkFree, placeAuthority } from "../place-authority.ts";
import { readPkcs10 } from "../request/read-pkcs10.ts";
import { digests, readAuthorityFile, readTokenUri, unusableAuthority } from "../stored-authority.ts";
import { adoptedCertificate } from "./adopted-certificate.ts";
import {
  type ForeignAuthority,
  type ForeignLimits,
  isFor,
  type ProvenAuthority,
  proveForeign,
} from "./prove-foreign.ts";

/** The part of the ledger that importing an authority needs. */
export interface AdoptionRecorder extends EventRecorder {
  certificate(serialNumber: SerialNumber): Promise<
    | {
        readonly state: "reserved" | "issued" | "revoked" | "abandoned";
        readonly sha256: string | null;
        readonly issuer: string;
      }
    | undefined
  >;
  isRevoked(certificate: { readonly serialNumber: SerialNumber; readonly sha256: string }): Promise<boolean>;
  adoptCertificates(issuer: string, certificates: readonly AdoptedCertificate[]): Promise<number>;
}

export interface ImportAuthorityOptions extends ForeignLimits {
  readonly name: string;
  readonly foreign: ForeignAuthority;
  /** What another tool has signed under it. */
  readonly issued?: readonly AdoptedCertificate[];
  /** Encrypts the key that comes with it. */
  readonly passphrase?: string | undefined;
  /** Where its key is, and stays. */
  readonly token?: KeyPlace["token"];
}

/**
 * Takes in an authority that was made elsewhere, once it has been proven; or completes one that was
 * requested here and whose certificate has come. What it has signed so far is recorded first, then its
 * folder appears whole and durable, or not at all. Errors: `usage` for what was asked,
 * `issuer-unusable` for what does not hold, `disk-unwritable`.
 */
export async function importAuthority(
  home: Home,
  record: AdoptionRecorder,
  options: ImportAuthorityOptions,
): Promise<AuthorityDescription> {
  const { name, foreign, issued = [], passphrase, token } = options;
  checkAuthorityName(name);
  const layout = authorityLayout(home, name);
  const completes = awaitsCertificate(home, name);
  if (!completes) checkFree(name, layout);
  if (!completes && foreign.key !== undefined) checkNewPassphrase(name, passphrase ?? "");
  const known = foreign.key === undefined ? undefined : createPublicKey(foreign.key);
  const publicKey = completes ? requestedKey(name, layout, foreign) : known;
  const proven = proveForeign(home, name, foreign, { ...options, publicKey });
  if (token !== undefined) requireTokenKey(name, token, proven);
  const issuer = issuerOf(home, name, proven);
  await checkRecorded(record, name, proven);
  const keyPem = foreign.key === undefined ? undefined : await encryptKey(foreign.key, passphrase ?? "");

  await adopt(record, name, issuer, proven, issued);
  announceStep("certificates-adopted");
  const files = authorityFiles({
    name,
    issuer,
    chain: proven.chain,
    key: proven.keyType,
    keyPem,
    hsm: completes ? readTokenUri(layout) : token?.uri.text,
    made: "imported",
    nowMs: options.nowMs,
  });
  if (completes) {
    // In this order: certificate.pem, the last one, makes the authority; up to then it can be repeated.
    for (const [file, { content }] of Object.entries(files))
      replaceFile(`${layout.folder}/${file}`, content, SHARED_FILE);
  } else await placeAuthority(home, name, files);
  const [{ raw, serialNumber }] = proven.chain;
  await record.recordEvent({
    kind: "authority-imported",
    subject: name,
    detail: {
      serialNumber,
      sha256: digests(raw).sha256,
      issuer,
      key: completes || token !== undefined || foreign.key !== undefined,
    },
  });
  return describeAuthority(home, name);
}

/** The key of a requested authority is here already, and the certificate has to be for it. */
function requestedKey(name: string, layout: AuthorityLayout, foreign: ForeignAuthority): KeyObject {
  if (foreign.key !== undefined) {
    throw new OnboardingError(
      `authority ${name} was requested here and its key never left: give its certificate alone, without a key`,
      { code: "usage" },
    );
  }
  const request = readPkcs10(readAuthorityFile(name, layout.request));
  if ("problem" in request) {
    throw unusableAuthority(name, `${layout.request} is damaged (${request.problem}); restore it from a backup`);
  }
  const publicKey = createPublicKey({ key: request.spki, format: "der", type: "spki" });
  if (foreign.certificates.some((certificate) => isFor(certificate, publicKey))) return publicKey;
  throw unusableAuthority(
    name,
    `the certificate is not for the key that was requested; ${layout.request} is the request that has to be signed`,
  );
}

/** The key in the token has to be the certificate's: compared by a signature. */
function requireTokenKey(
  name: string,
  { token, uri }: NonNullable<ImportAuthorityOptions["token"]>,
  { chain: [certificate] }: ProvenAuthority,
): void {
  const { publicKey } = new X509Certificate(certificate.raw);
  if (isKeyOf(token.findKey(uri), publicKey)) return;
  throw unusableAuthority(
    name,
    `the key ${uri.text} in the token does not belong to the certificate; give the two that belong together`,
  );
}

/** The issuing authority by its name here, else its subject. */
function issuerOf(home: Home, name: string, { chain }: ProvenAuthority): string {
  const above = chain[1];
  if (above === undefined) return name;
  const known = readableAuthorities(home).find(({ certificate }) => certificate.raw.equals(above.raw));
  return known?.name ?? describeName(above.subject);
}

/** Neither one that was revoked, by this home or by another tool, nor one whose number this home has given up. */
async function checkRecorded(record: AdoptionRecorder, name: string, { chain }: ProvenAuthority): Promise<void> {
  const [{ raw, serialNumber, subject }] = chain;
  const { sha256 } = digests(raw);
  const known = await record.certificate(serialNumber);
  const found = `${describeName(subject)} has serial number ${serialNumber}`;
  if (typeof known?.sha256 === "string" && known.sha256 !== sha256) {
    throw unusableAuthority(name, `${found}, under which the ledger knows another certificate`);
  }
  if (known?.state === "abandoned") {
    throw unusableAuthority(name, `${found}, which ${known.issuer} has abandoned; have it signed anew`);
  }
  if (await record.isRevoked({ serialNumber, sha256 })) {
    throw unusableAuthority(name, `${found}, which is revoked; have it signed anew`);
  }
}

async function adopt(
  record: AdoptionRecorder,
  name: string,
  issuer: string,
  { chain }: ProvenAuthority,
  issued: readonly AdoptedCertificate[],
): Promise<void> {
  const [own] = chain;
  if (issued.length > 0) await record.adoptCertificates(name, issued);
  if ((await record.certificate(own.serialNumber)) === undefined) {
    await record.adoptCertificates(issuer, [adoptedCertificate(own)]);
  }
}
