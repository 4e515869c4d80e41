import { createHash } from "node:crypto";
import { announceStep } from "../disk/announce-step.ts";
import { authorityLayout, type Home } from "../disk/layout.ts";
import type { IssuedCertificate, KeyAlgorithm, SerialNumber } from "../domain/certificate.ts";
import { formatSubject } from "../x509/distinguished-name.ts";
import { encodeSubject } from "../x509/name-der.ts";
import { readCertificate } from "../x509/read-certificate.ts";
import { newSerialNumber } from "../x509/serial-number.ts";
import { keyIdOf } from "../x509/subject-public-key.ts";
import { authorityFiles } from "./authority-files.ts";
import { checkNewPassphrase, encryptKey } from "./authority-key.ts";
import { type AuthorityRequest, authorityPathLength, authoritySubject, authorityValidity } from "./authority-limits.ts";
import { checkAuthorityName } from "./authority-name.ts";
import type { AuthorityDescription } from "./describe-authority.ts";
import { generateKey } from "./key-algorithm.ts";
import { describeAuthority } from "./load-authority.ts";
import { checkFree, placeAuthority } from "./place-authority.ts";
import { signAuthorityCertificate } from "./sign-authority-certificate.ts";
import { openSigner } from "./signer.ts";
import { digests } from "./stored-authority.ts";

/** Where serial numbers are accounted for: the part of the ledger that creating an authority needs. */
export interface SerialRecorder {
  reserveSerial(reservation: {
    readonly serialNumber: SerialNumber;
    readonly issuer: string;
    readonly subject: string;
  }): Promise<void>;
  recordCertificate(certificate: IssuedCertificate): Promise<void>;
  abandonSerial(serialNumber: SerialNumber): Promise<void>;
}

export interface CreateAuthorityOptions extends AuthorityRequest {
  /** Default: ec-p256. */
  readonly key?: KeyAlgorithm | undefined;
  /** Encrypts the new key. */
  readonly passphrase: string;
}

/**
 * Makes an authority: its serial number is reserved before it is signed, and its folder appears under
 * its name whole and durable, or not at all. Errors: `usage` for what was asked, `issuer-unusable`
 * where the issuer does not allow it, `disk-unwritable`.
 */
export async function createAuthority(
  home: Home,
  record: SerialRecorder,
  options: CreateAuthorityOptions,
): Promise<AuthorityDescription> {
  const { name, issuer, passphrase } = options;
  checkAuthorityName(name);
  checkNewPassphrase(name, passphrase);
  checkFree(name, authorityLayout(home, name));
  const subject = authoritySubject(options);
  const pathLength = authorityPathLength(options);
  const validity = authorityValidity(options);

  const keys = await generateKey(options.key ?? "ec-p256");
  const spki = keys.publicKey.export({ type: "spki", format: "der" });
  const keyPem = await encryptKey(keys.privateKey, passphrase);
  const above = issuer && readCertificate(issuer.certificateDer);
  const signer = openSigner(issuer?.signer ?? { kind: "key", key: keys.privateKey });
  const serialNumber = newSerialNumber();
  const issuerName = issuer?.name ?? name;
  await record.reserveSerial({ serialNumber, issuer: issuerName, subject: formatSubject(subject) });
  announceStep("serial-reserved");
  let certificate: Buffer;
  try {
    certificate = signAuthorityCertificate(
      {
        serialNumber,
        issuer: above?.subject ?? encodeSubject(subject),
        subject: encodeSubject(subject),
        spki,
        validity,
        pathLength,
        authorityKeyId: above === undefined ? keyIdOf(spki) : (above.subjectKeyId ?? keyIdOf(above.spki)),
      },
      signer,
    );
    await placeAuthority(
      home,
      name,
      authorityFiles({
        name,
        issuer: issuerName,
        chain: [readCertificate(certificate), ...(issuer?.chainDer ?? []).map(readCertificate)],
        key: options.key ?? "ec-p256",
        keyPem,
        made: "created",
        nowMs: options.nowMs,
      }),
    );
  } catch (error) {
    // A serial number that cannot be abandoned now stays reserved, which has the same effect; the first error is thrown.
    await record.abandonSerial(serialNumber).catch(() => undefined);
    throw error;
  }
  announceStep("authority-placed");
  await record.recordCertificate({
    serialNumber,
    notAfterMs: validity.notAfterMs,
    sha256: digests(certificate).sha256,
    publicKeySha256: createHash("sha256").update(spki).digest("hex"),
  });
  return describeAuthority(home, name);
}
