import { isoTime } from "../../domain/iso-time.ts";
import { describeCertificate } from "./describe-certificate.ts";
import { type FilePasswords, nobodyAsked, tryPasswords } from "./file-passwords.ts";
import type { Inspection } from "./inspection.ts";
import { jksDigestFits, readJksEntries } from "./read-jks-entries.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** A Java keystore: what is in it stands in the clear; a password tells whether it is as it was written. */
export async function inspectJks(content: Buffer, passwords: FilePasswords): Promise<Inspection> {
  const { type, entries, isCut } = readEntries(content);
  const verdict = await checkDigest(content, passwords);
  const notes = [
    ...(isCut ? ["a secret key stands in it, which only Java can read; what follows that is not shown"] : []),
    ...(verdict === "unchecked" ? ["no password was given: that the file is as it was written was not checked"] : []),
  ];
  const isTruststore = entries.length > 0 && entries.every(({ kind }) => kind === "trusted");
  return {
    kind: isTruststore ? "truststore" : "jks",
    format: `Java keystore (${type})`,
    entries: entries.map(({ kind, alias, createdAtMs, certificates }) => {
      const chain = certificates.map(describeCertificate);
      return {
        alias,
        kind,
        chain,
        ...(kind === "key" && { keyAlgorithm: chain[0]?.keyAlgorithm ?? null }),
        createdAt: timeOf(createdAtMs),
      };
    }),
    ...(notes.length > 0 && { notes }),
    ...(verdict === "wrong" && {
      problem: {
        kind: "password-wrong",
        message: "its digest does not fit the password: the password is another one, or the file was altered",
      },
    }),
  };
}

function readEntries(content: Buffer) {
  try {
    return readJksEntries(content);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw unreadableFile(`it is a Java keystore that cannot be read: ${cause.message}`, cause);
  }
}

async function checkDigest(content: Buffer, passwords: FilePasswords): Promise<"fits" | "wrong" | "unchecked"> {
  const found = await tryPasswords({ given: passwords.given, typed: nobodyAsked }, (password) =>
    jksDigestFits(content, password) ? true : undefined,
  );
  if (found.opened === true) return "fits";
  return found.tried ? "wrong" : "unchecked";
}

/** A time that no clock has is a damaged one. */
function timeOf(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? isoTime(ms) : "unknown";
}
