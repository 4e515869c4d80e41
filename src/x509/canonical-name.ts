import { attributeText } from "./attribute-text.ts";
import { readName } from "./name-der.ts";

/**
 * Relative distinguished names in the form in which names are compared (RFC 5280, 7.1): whatever the string type,
 * without regard to the case of ASCII letters and to the number of blanks. Throws `DerError` for what is not a name.
 */
function canonicalName(raw: Buffer): readonly string[] {
  return readName(raw).map((rdn) =>
    JSON.stringify(
      rdn
        .map(({ oid, tag, value }) => {
          const text = attributeText(tag, value);
          return [oid, text === undefined ? `${tag}#${value.toString("hex")}` : canonicalText(text)];
        })
        .map((pair) => JSON.stringify(pair))
        .sort(),
    ),
  );
}

function canonicalText(text: string): string {
  return text
    .replace(/^[ \t-\r]+|[ \t-\r]+$/g, "")
    .replace(/[ \t-\r]+/g, " ")
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether two DER names are equal for a relying party (RFC 5280 7.1). Throws `DerError` for what is not a name. */
export function isSameName(one: Buffer, other: Buffer): boolean {
  return one.equals(other) || isBelowName(one, other, true);
}

/** Whether a name begins with all of `base` (a directory name as a constraint, RFC 5280, 4.2.1.10). Throws `DerError`. */
export function isBelowName(name: Buffer, base: Buffer, exactly = false): boolean {
  const names = canonicalName(name);
  const bases = canonicalName(base);
  if (bases.length > names.length || (exactly && bases.length < names.length)) return false;
  return bases.every((rdn, index) => rdn === names[index]);
}
