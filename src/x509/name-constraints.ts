import { TAG } from "../asn1/der.ts";
import { DerError, readChildren, readWhole } from "../asn1/read-der.ts";
import { isBelowName } from "./canonical-name.ts";
import { describeName } from "./distinguished-name.ts";
import { GENERAL_NAME, type GeneralName, readGeneralName } from "./general-names.ts";
import { type CertificateFields, EXTENSION } from "./read-certificate.ts";

/** What a CA's certificate says of the names below it (RFC 5280, 4.2.1.10). */
export interface NameConstraints {
  readonly permitted: readonly GeneralName[];
  readonly excluded: readonly GeneralName[];
}

/** The name constraints of a certificate; undefined where it has none. Throws `DerError` for ones that nobody may process. */
export function nameConstraintsOf({ extensions }: CertificateFields): NameConstraints | undefined {
  const extension = extensions.find(({ oid }) => oid === EXTENSION.nameConstraints);
  if (extension === undefined) return undefined;
  const fields = readChildren(readWhole(extension.value, TAG.SEQUENCE).content);
  const subtrees = (tag: number) =>
    fields.filter((field) => field.tag === tag).flatMap(({ content }) => readChildren(content).map(readSubtree));
  return { permitted: subtrees(0xa0), excluded: subtrees(0xa1) };
}

function readSubtree({ content }: { readonly content: Buffer }): GeneralName {
  const [base, ...bounds] = readChildren(content);
  if (base === undefined) throw new DerError("a name constraint without a name", 0);
  if (bounds.some(({ tag, content: bound }) => tag !== 0x80 || bound.length !== 1 || bound[0] !== 0)) {
    throw new DerError("a name constraint with a minimum or a maximum", 0);
  }
  return readGeneralName(base);
}

/**
 * The first name that breaks the constraints, in a clause such as `DNS name a.b, which is not permitted`; undefined
 * where all fit. Compares as OpenSSL does: kinds that no constraint speaks of are free. Throws `DerError` for a
 * directory name that cannot be read.
 */
export function brokenConstraint(names: readonly GeneralName[], constraints: NameConstraints): string | undefined {
  for (const name of names) {
    const permitted = constraints.permitted.filter(({ tag }) => tag === name.tag);
    const excluded = constraints.excluded.filter(({ tag }) => tag === name.tag);
    if (permitted.length === 0 && excluded.length === 0) continue;
    const matches = [...permitted, ...excluded].map((base) => isWithin(name, base.value));
    if (matches.includes(undefined)) return `${describeGeneralName(name)}, which cannot be compared`;
    if (permitted.length > 0 && !matches.slice(0, permitted.length).includes(true)) {
      return `${describeGeneralName(name)}, which is not permitted`;
    }
    if (matches.slice(permitted.length).includes(true)) return `${describeGeneralName(name)}, which is excluded`;
  }
  return undefined;
}

/** undefined: a form or a kind that cannot be compared, which counts against the certificate. */
function isWithin({ tag, value }: GeneralName, base: Buffer): boolean | undefined {
  switch (tag) {
    case GENERAL_NAME.directory:
      return isBelowName(value, base);
    case GENERAL_NAME.dns:
      return isHostWithin(textOf(value), textOf(base));
    case GENERAL_NAME.email:
      return isAddressWithin(value.toString("latin1"), base.toString("latin1"));
    case GENERAL_NAME.uri:
      return isUriWithin(textOf(value), textOf(base));
    case GENERAL_NAME.ip:
      return isIpWithin(value, base);
    default:
      return undefined;
  }
}

/** Any number of labels may be added on the left. */
function isHostWithin(host: string, base: string): boolean {
  if (base === "" || host === base) return true;
  return host.endsWith(base) && (base.startsWith(".") || host.at(-base.length - 1) === ".");
}

/** One mailbox, a host, or with a dot in front the hosts below it. The part before the @ has regard to case. */
function isAddressWithin(address: string, base: string): boolean | undefined {
  const at = address.lastIndexOf("@");
  if (at < 0) return undefined;
  const host = address.slice(at + 1).toLowerCase();
  const baseAt = base.lastIndexOf("@");
  const baseHost = base.slice(baseAt + 1).toLowerCase();
  if (baseAt < 0 && base.startsWith(".")) return host.endsWith(baseHost);
  if (baseAt > 0 && base.slice(0, baseAt) !== address.slice(0, at)) return false;
  return host === baseHost;
}

/** The host of the URI, or with a dot in front the hosts below it. */
function isUriWithin(uri: string, base: string): boolean | undefined {
  const [, afterScheme] = /^[^:]*:\/\/(.*)$/s.exec(uri) ?? [];
  const host = afterScheme === undefined ? "" : (/^[^:]*(?=:)/.exec(afterScheme) ?? /^[^/]*/.exec(afterScheme))?.[0];
  if (host === undefined || host === "") return undefined;
  return base.startsWith(".") ? host.length > base.length && host.endsWith(base) : host === base;
}

/** An address, and an address with a mask behind it; IPv4 and IPv6 are never compared. */
function isIpWithin(address: Buffer, base: Buffer): boolean | undefined {
  if (![4, 16].includes(address.length) || ![8, 32].includes(base.length)) return undefined;
  if (base.length !== address.length * 2) return false;
  return address.every((octet, index) => {
    const mask = base[address.length + index] ?? 0;
    return (octet & mask) === ((base[index] ?? 0) & mask);
  });
}

function textOf(value: Buffer): string {
  return value.toString("latin1").toLowerCase();
}

function describeGeneralName({ tag, value }: GeneralName): string {
  switch (tag) {
    case GENERAL_NAME.directory:
      return `name ${describeName(value)}`;
    case GENERAL_NAME.dns:
      return `DNS name ${value.toString("latin1")}`;
    case GENERAL_NAME.email:
      return `e-mail address ${value.toString("latin1")}`;
    case GENERAL_NAME.uri:
      return `URI ${value.toString("latin1")}`;
    case GENERAL_NAME.ip:
      return `IP address ${describeIp(value)}`;
    default:
      return "alternative name of a kind that is not read here";
  }
}

function describeIp(value: Buffer): string {
  if (value.length === 4) return value.join(".");
  return (value.toString("hex").match(/.{1,4}/g) ?? []).join(":");
}
