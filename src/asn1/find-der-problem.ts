import { isPrintableString, TAG } from "./der.ts";
import { type DerElement, readChildren, readElement } from "./read-der.ts";

/** Deeper than any certificate; bounds the recursion. */
const MAX_DEPTH = 32;
const CONSTRUCTED = 0x20;

/**
 * Says where octets are readable but not the one encoding that DER allows (X.690, 10 and 11);
 * undefined when they are. What is not even readable throws `DerError`. Defaults that should have
 * been left out depend on the type, and are not seen here.
 */
export function findDerProblem(bytes: Buffer): string | undefined {
  const element = readElement(bytes);
  return element.end === bytes.length ? elementProblem(element, 0) : "octets after the end";
}

function elementProblem(element: DerElement, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return "nested too deeply";
  if ((element.tag & CONSTRUCTED) === 0) return primitiveProblem(element);
  const children = readChildren(element.content);
  if (element.tag === TAG.SET && !inOrder(children)) return "a SET that is not in ascending order";
  for (const child of children) {
    const problem = elementProblem(child, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** X.690, 11.6. */
function inOrder(children: readonly DerElement[]): boolean {
  return children.every((child, index) => {
    const before = children[index - 1];
    return before === undefined || Buffer.compare(before.raw, child.raw) <= 0;
  });
}

function primitiveProblem({ tag, content }: DerElement): string | undefined {
  const [first, second] = content;
  switch (tag) {
    case TAG.BOOLEAN:
      return content.length === 1 && (first === 0 || first === 0xff) ? undefined : "a BOOLEAN other than 00 and FF";
    case TAG.INTEGER:
      return isMinimal(first, second) ? undefined : "an INTEGER that is not minimal";
    case TAG.NULL:
      return content.length === 0 ? undefined : "a NULL with contents";
    case TAG.OID:
      return isOid(content) ? undefined : "an object identifier that is empty, cut off or padded";
    case TAG.BIT_STRING:
      return bitStringProblem(content);
    case TAG.UTF8_STRING:
      return isUtf8(content) ? undefined : "a UTF8String that is not UTF-8";
    case TAG.PRINTABLE_STRING:
      return isPrintableString(content.toString("latin1")) ? undefined : "a PrintableString with other characters";
    case TAG.UTC_TIME:
      return /^\d{12}Z$/.test(content.toString("latin1")) ? undefined : "a UTCTime in another form than YYMMDDHHMMSSZ";
    case TAG.GENERALIZED_TIME:
      return /^\d{14}Z$/.test(content.toString("latin1"))
        ? undefined
        : "a GeneralizedTime in another form than YYYYMMDDHHMMSSZ";
    default:
      return undefined;
  }
}

function isMinimal(first: number | undefined, second: number | undefined): boolean {
  if (first === undefined) return false;
  if (second === undefined) return true;
  return !(first === 0 && second < 0x80) && !(first === 0xff && second >= 0x80);
}

/** The unused bits at the end are zero (X.690, 11.2.1). */
function bitStringProblem(content: Buffer): string | undefined {
  const unused = content[0];
  const last = content.length > 1 ? content.at(-1) : 0;
  if (unused === undefined || unused > 7 || (content.length === 1 && unused !== 0))
    return "a BIT STRING without its octets";
  return last !== undefined && (last & ((1 << unused) - 1)) === 0 ? undefined : "a BIT STRING with unused bits set";
}

/** No arc begins with a padding octet, and the last one ends (X.690, 8.19.2). */
function isOid(content: Buffer): boolean {
  const padded = content.some((octet, index) => octet === 0x80 && ((content[index - 1] ?? 0) & 0x80) === 0);
  return content.length > 0 && !padded && ((content.at(-1) ?? 0) & 0x80) === 0;
}

function isUtf8(content: Buffer): boolean {
  return Buffer.from(content.toString("utf8"), "utf8").equals(content);
}
