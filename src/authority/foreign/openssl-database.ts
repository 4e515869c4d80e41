import { REVOCATION_REASONS, type RevocationReason } from "../../domain/certificate.ts";
import { unusableFile } from "./foreign-file.ts";

/** One certificate in the database of `openssl ca`. */
export interface DatabaseEntry {
  /** Lower-case hex, whole octets, without leading zero octets. */
  readonly serialNumber: string;
  readonly notAfterMs: number;
  /** As it stands there, `/C=DE/O=Acme/CN=line-3`. */
  readonly subject: string;
  readonly revoked: { readonly atMs: number; readonly reason: RevocationReason } | null;
}

/**
 * Reads the text database of `openssl ca` (index.txt, the tutorial's database.txt): status, expiry,
 * revocation, serial number, file, subject, separated by tabs. Every line counts, so one that cannot be
 * read is `usage`, with its number.
 */
export function readOpensslDatabase(text: string, place: string): readonly DatabaseEntry[] {
  const entries: DatabaseEntry[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const entry = readLine(line);
    if (typeof entry === "string") throw unusableFile(place, `line ${index + 1}: ${entry}`);
    entries.push(entry);
  }
  return entries;
}

/** The entry, or what is wrong with the line. */
function readLine(line: string): DatabaseEntry | string {
  const [status = "", expiry = "", revocation = "", serial = "", , subject, ...more] = line.split("\t");
  if (subject === undefined || more.length > 0) return "it has not the six columns of a database of openssl ca";
  if (!["V", "R", "E"].includes(status)) return `the status ${JSON.stringify(status)} is none of V, R and E`;
  const notAfterMs = readTime(expiry);
  if (notAfterMs === undefined) return "its expiry is no time";
  if (!/^[0-9A-Fa-f]{1,128}$/.test(serial)) return "its serial number is not hexadecimal";
  const revoked = status === "R" ? readRevocation(revocation) : null;
  if (revoked === undefined) return "its revocation is no time with a reason";
  return { serialNumber: serialHex(serial), notAfterMs, subject, revoked };
}

/** `time[,reason[,detail]]`; a detail is an instruction code or the time at which the key was lost. */
function readRevocation(text: string): DatabaseEntry["revoked"] | undefined {
  const [time = "", word = "unspecified"] = text.split(",");
  const atMs = readTime(time);
  const named = NAMED_REASONS[word.toLowerCase()] ?? word;
  const reason = REVOCATION_REASONS.find((known) => known.toLowerCase() === named.toLowerCase());
  return atMs === undefined || reason === undefined ? undefined : { atMs, reason };
}

/** Where the database has a word of its own. */
const NAMED_REASONS: Readonly<Record<string, RevocationReason>> = {
  keytime: "keyCompromise",
  cakeytime: "cACompromise",
  holdinstruction: "certificateHold",
};

/** UTCTime or GeneralizedTime, as in certificates. */
function readTime(text: string): number | undefined {
  const short = /^(\d\d)(\d{10}Z)$/.exec(text);
  const long = short === null ? text : `${Number(short[1]) < 50 ? "20" : "19"}${short[1]}${short[2]}`;
  const ms = Date.parse(long.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  return Number.isNaN(ms) || !/^\d{14}Z$/.test(long) ? undefined : ms;
}

/** Whole octets in lower-case hex, without leading zero octets: the form in which certificates show their numbers. */
export function serialHex(text: string): string {
  const even = text.length % 2 === 0 ? text : `0${text}`;
  return even.toLowerCase().replace(/^(00)+(?=..)/, "");
}
