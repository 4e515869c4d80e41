import { der } from "../asn1/der.ts";
import { SUBJECT_ATTRIBUTES, type Subject, type SubjectPart } from "../domain/certificate.ts";
import { OnboardingError } from "../domain/error.ts";
import { attributeText } from "./attribute-text.ts";
import { type NameAttribute, readName, subjectPartProblem } from "./name-der.ts";

/**
 * Reads `CN=Acme Root,O=Acme GmbH,C=DE`, with the escapes of RFC 4514 (`\,` `\=` `\C3\BC`). Keeps the
 * order as written and checks the X.520 bounds; errors are `usage`.
 */
export function parseSubject(text: string): Subject {
  const parts: SubjectPart[] = [];
  for (const piece of splitUnescaped(text, ",")) {
    const [name = "", ...rest] = splitUnescaped(piece, "=");
    const attribute = SUBJECT_ATTRIBUTES.find((known) => known.toLowerCase() === name.trim().toLowerCase());
    if (attribute === undefined || rest.length === 0) {
      throw usage(text, `"${piece.trim()}" is none of ${SUBJECT_ATTRIBUTES.join("=, ")}=`);
    }
    if (splitUnescaped(piece, "+").length > 1)
      throw usage(text, "more than one attribute joined by + is not supported");
    const part = { attribute, value: unescapeValue(text, rest.join("=")) };
    const problem = subjectPartProblem(part);
    if (problem !== undefined) throw usage(text, problem);
    parts.push(part);
  }
  return parts;
}

function usage(text: string, problem: string): OnboardingError {
  return new OnboardingError(`the name ${JSON.stringify(text)} cannot be used: ${problem}`, { code: "usage" });
}

function splitUnescaped(text: string, separator: string): string[] {
  const pieces = [""];
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === separator) pieces.push("");
    else {
      const taken = character === "\\" ? character + text.charAt(++index) : character;
      pieces[pieces.length - 1] += taken;
    }
  }
  return pieces;
}

/** Undoes the escapes of a value; spaces around it count only when escaped (RFC 4514, 2.4). */
function unescapeValue(text: string, escaped: string): string {
  const trimmed = escaped.trimStart().replace(/(^|[^\\])((?:\\\\)*)[ \t]+$/, "$1$2");
  const chunks: Buffer[] = [];
  for (let index = 0; index < trimmed.length; ) {
    const character = String.fromCodePoint(trimmed.codePointAt(index) ?? 0);
    if (character !== "\\") {
      chunks.push(Buffer.from(character, "utf8"));
      index += character.length;
      continue;
    }
    const pair = trimmed.slice(index + 1, index + 3);
    if (/^[0-9A-Fa-f]{2}$/.test(pair)) {
      chunks.push(Buffer.from(pair, "hex"));
      index += 3;
    } else if (/^[ "#+,;<=>\\]/.test(pair)) {
      chunks.push(Buffer.from(pair.charAt(0)));
      index += 2;
    } else throw usage(text, "a backslash stands before a character that needs none");
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new OnboardingError(`the name ${JSON.stringify(text)} cannot be used: its escapes are not UTF-8`, {
      code: "usage",
      cause,
    });
  }
}

/** Writes a name so that `parseSubject` reads the same parts back. */
export function formatSubject(subject: Subject): string {
  return subject.map((part) => `${part.attribute}=${escapeValue(part.value)}`).join(",");
}

function escapeValue(value: string): string {
  return value
    .replace(/[\\"+,;<>=]/g, "\\$&")
    .replace(/(?!^) $/, "\\ ")
    .replace(/^[# ]/, "\\$&");
}

/** Attributes that lotmint does not write, by the names that OpenSSL and RFC 4519 have for them. */
const OTHER_ATTRIBUTES: Readonly<Record<string, string>> = {
  "0.9.2342.19200300.100.1.1": "UID",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
  "1.2.840.113549.1.9.2": "unstructuredName",
  "2.5.4.4": "SN",
  "2.5.4.9": "street",
  "2.5.4.12": "title",
  "2.5.4.13": "description",
  "2.5.4.15": "businessCategory",
  "2.5.4.17": "postalCode",
  "2.5.4.41": "name",
  "2.5.4.42": "GN",
  "2.5.4.43": "initials",
  "2.5.4.44": "generationQualifier",
  "2.5.4.46": "dnQualifier",
  "2.5.4.65": "pseudonym",
  "2.5.4.97": "organizationIdentifier",
};

/**
 * A DER name as text, for people: known attributes by their short names and others in dotted form, texts of every
 * string type as texts and all else in hex (RFC 4514, 2.4). Throws `DerError` for what is not a name.
 */
export function describeName(raw: Buffer): string {
  const rdns = readName(raw).map((rdn) => rdn.map(describeAttribute).join("+"));
  return rdns.join(",");
}

function describeAttribute({ oid, attribute, tag, value }: NameAttribute): string {
  const name = attribute ?? (Object.hasOwn(OTHER_ATTRIBUTES, oid) ? OTHER_ATTRIBUTES[oid] : undefined);
  const text = name === undefined ? undefined : attributeText(tag, value);
  return `${name ?? oid}=${text === undefined ? `#${der(tag, value).toString("hex")}` : escapeValue(text)}`;
}
