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
import { type AuthorityRequest, authorityPathLength, authoritySubject, authorityValidity } from "./authority-limits.ts";
import { checkAuthorityName } from "./authority-name.ts";
import type { AuthorityDescription } from "./describe-authority.ts";
import { describeAuthority } from "./load-authority.ts";
import { checkKeyPlace, type KeyPlace, makeAuthorityKey } from "./new-key.ts";
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

export interface CreateAuthorityOptions extends AuthorityRequest, KeyPlace {
  /** Default: ec-p256. */
  readonly key?: KeyAlgorithm | undefined;
}

/**
 * Makes an authority: its serial number is reserved before it is signed, and its folder appears under
 * its name whole and durable, or not at all; on an error its key is taken out of a token again. Errors: `usage` for what was asked, `issuer-unusable`
 * where the issuer does not allow it, `disk-unwritable`.
 */
export async function createAuthority(
  home: Home,
  record: SerialRecorder,
  options: CreateAuthorityOptions,
): Promise<AuthorityDescription> {
  const { name, issuer } = options;
  checkAuthorityName(name);
  checkKeyPlace(name, options);
  checkFree(name, authorityLayout(home, name));
  const subject = authoritySubject(options);
  const pathLength = authorityPathLength(options);
  const validity = authorityValidity(options);

  const { publicKey, source, keyPem, hsm, discard } = await makeAuthorityKey(name, options.key ?? "ec-p256", options);
  const spki = publicKey.export({ type: "spki", format: "der" });
  const above = issuer && readCertificate(issuer.certificateDer);
  const signer = openSigner(issuer?.signer ?? source);
  const serialNumber = newSerialNumber();
  const issuerName = issuer?.name ?? name;
  try {
    await record.reserveSerial({ serialNumber, issuer: issuerName, subject: formatSubject(subject) });
  } catch (error) {
    discard();
    throw error;
  }
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
        hsm,
        made: "created",
        nowMs: options.nowMs,
      }),
    );
  } catch (error) {
    discard();
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
