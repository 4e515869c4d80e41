import { isUtf8 } from "node:buffer";
import { TAG } from "../asn1/der.ts";

/**
 * The text in a string of a name, by its tag; undefined for one that is no string, or not one of its type. T61String
 * is read as Latin-1, which is what everybody has written into it.
 */
export function attributeText(tag: number, value: Buffer): string | undefined {
  switch (tag) {
    case TAG.UTF8_STRING:
      return value.toString("utf8");
    case TAG.PRINTABLE_STRING:
    case TAG.IA5_STRING:
      // Beyond what these types hold, tools write UTF-8 or Latin-1.
      return isUtf8(value) ? value.toString("utf8") : value.toString("latin1");
    case TAG.T61_STRING:
    case TAG.VISIBLE_STRING:
      return value.toString("latin1");
    case TAG.BMP_STRING:
      return value.length % 2 === 0 ? Buffer.from(value).swap16().toString("utf16le") : undefined;
    case TAG.UNIVERSAL_STRING:
      return universalText(value);
    default:
      return undefined;
  }
}

/** Four octets a character (X.680, 41). */
function universalText(value: Buffer): string | undefined {
  if (value.length % 4 !== 0) return undefined;
  let text = "";
  for (let at = 0; at < value.length; at += 4) {
    const point = value.readUInt32BE(at);
    if (point > 0x10ffff) return undefined;
    text += String.fromCodePoint(point);
  }
  return text;
}
