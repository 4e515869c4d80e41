import { TAG } from "../../asn1/der.ts";
import { DerError, readChildren, readOid, readWhole } from "../../asn1/read-der.ts";
import { describeName } from "../../x509/distinguished-name.ts";

/** A GeneralName in words, with OpenSSL's names for its kinds (RFC 5280, 4.2.1.6). Throws `DerError`. */
export function generalName(
  { tag, content, raw }: { readonly tag: number; readonly content: Buffer; readonly raw: Buffer },
  as: "name" | "subtree" = "name",
): string {
  switch (tag) {
    case 0x81:
      return `email:${content.toString("latin1")}`;
    case 0x82:
      return `DNS:${content.toString("latin1")}`;
    case 0x86:
      return `URI:${content.toString("latin1")}`;
    case 0x87:
      return as === "name" ? `IP Address:${address(content)}` : `IP:${subnet(content)}`;
    case 0x88:
      return `Registered ID:${readOid(content)}`;
    case 0xa4:
      return `DirName:${describeName(readWhole(content, TAG.SEQUENCE).raw)}`;
    case 0xa0:
      return `othername:${otherName(content)}`;
    default:
      return raw.toString("hex");
  }
}

function otherName(content: Buffer): string {
  const [oid, value] = readChildren(content);
  if (oid?.tag !== TAG.OID) throw new DerError("no other name", 0);
  return `${readOid(oid.content)}:${value === undefined ? "" : value.content.toString("hex")}`;
}

function address(octets: Buffer): string {
  if (octets.length === 4) return octets.join(".");
  if (octets.length !== 16) return octets.toString("hex");
  return Array.from({ length: 8 }, (_, index) =>
    octets
      .readUInt16BE(index * 2)
      .toString(16)
      .toUpperCase(),
  ).join(":");
}

/** An address and its mask, half of the octets each. */
function subnet(octets: Buffer): string {
  const half = octets.length / 2;
  if (half !== 4 && half !== 16) return octets.toString("hex");
  return `${address(octets.subarray(0, half))}/${address(octets.subarray(half))}`;
}
