import { createPublicKey, hash, verify } from "node:crypto";
import { der, TAG } from "../asn1/der.ts";
import { type DerElement, DerError, readChildren, readOid, readWhole } from "../asn1/read-der.ts";
import { isSignedBy } from "./is-signed-by.ts";
import { type CertificateFields, readCertificate, readTime } from "./read-certificate.ts";
import { SIGNATURE_DIGESTS } from "./signature-digests.ts";

/** Object identifiers of detached signatures (RFC 5652, RFC 5754, RFC 5035). */
export const CMS = {
  data: "1.2.840.113549.1.7.1",
  signedData: "1.2.840.113549.1.7.2",
  contentType: "1.2.840.113549.1.9.3",
  messageDigest: "1.2.840.113549.1.9.4",
  signingTime: "1.2.840.113549.1.9.5",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
  sha256: "2.16.840.1.101.3.4.2.1",
  sha384: "2.16.840.1.101.3.4.2.2",
} as const;

const DIGESTS: Readonly<Record<string, "sha256" | "sha384">> = { [CMS.sha256]: "sha256", [CMS.sha384]: "sha384" };
const LARGEST = 1 << 20;

/** A detached signature as `signDetached` writes it: one signer, four signed attributes, nothing that is not signed. */
export interface SignedData {
  /** All that are inside, in their order; the signer's is one of them. */
  readonly certificates: readonly CertificateFields[];
  readonly signer: CertificateFields;
  readonly digest: "sha256" | "sha384";
  /** Of the content, hex. */
  readonly messageDigest: string;
  readonly signedAtMs: number;
  /** The signed attributes as SET OF, over which the signature is made. */
  readonly signedAttributes: Buffer;
  readonly signatureAlgorithm: string;
  readonly signature: Buffer;
}

/**
 * Reads a detached CMS signature, DER. Throws `DerError` for anything that is not of the shape that `signDetached`
 * writes, such as one with several signers or with attributes that are not signed.
 */
export function readSignedData(bytes: Buffer): SignedData {
  if (bytes.length > LARGEST) throw new DerError("too large for a detached signature", 0);
  const [type, wrapped, ...more] = readChildren(readWhole(bytes, TAG.SEQUENCE).content);
  if (!isOid(type, CMS.signedData) || wrapped?.tag !== 0xa0 || more.length > 0) throw shape("no SignedData");
  const [version, digests, content, inside, signers, ...rest] = readChildren(
    readWhole(wrapped.content, TAG.SEQUENCE).content,
  );
  if (!isOne(version) || inside?.tag !== 0xa0 || signers?.tag !== TAG.SET || rest.length > 0)
    throw shape("no detached signature");
  if (content?.tag !== TAG.SEQUENCE || !isOid(only(content), CMS.data)) throw shape("content inside");
  const certificates = readChildren(inside.content).map(({ raw }) => readCertificate(raw));
  const info = only(signers);
  const [infoVersion, sid, digestAlgorithm, attributes, algorithm, signature, ...unsigned] = readChildren(info.content);
  if (
    info.tag !== TAG.SEQUENCE ||
    !isOne(infoVersion) ||
    sid?.tag !== TAG.SEQUENCE ||
    digestAlgorithm?.tag !== TAG.SEQUENCE ||
    attributes?.tag !== 0xa0 ||
    algorithm?.tag !== TAG.SEQUENCE ||
    signature?.tag !== TAG.OCTET_STRING ||
    unsigned.length > 0
  ) {
    throw shape("no signer");
  }
  if (digests?.tag !== TAG.SET || !only(digests).raw.equals(digestAlgorithm.raw)) throw shape("another digest");
  const [issuer, serial] = readChildren(sid.content);
  const signer = certificates.find(
    (one) => issuer?.raw.equals(one.issuer) === true && serial?.raw.equals(der(TAG.INTEGER, one.serialOctets)) === true,
  );
  if (signer === undefined) throw shape("no certificate of the signer");
  const digest = DIGESTS[readOidOf(digestAlgorithm)];
  const known = readAttributes(attributes);
  if (digest === undefined || !isOid(known.get(CMS.contentType), CMS.data)) throw shape("unknown attributes");
  requireNamed(known.get(CMS.signingCertificateV2), signer);
  const time = known.get(CMS.signingTime);
  const messageDigest = known.get(CMS.messageDigest);
  if (time === undefined || messageDigest?.tag !== TAG.OCTET_STRING) throw shape("no time or no digest");
  const signedAttributes = Buffer.from(attributes.raw);
  signedAttributes[0] = TAG.SET;
  return {
    certificates,
    signer,
    digest,
    messageDigest: messageDigest.content.toString("hex"),
    signedAtMs: readTime(time),
    signedAttributes,
    signatureAlgorithm: readOidOf(algorithm),
    signature: signature.content,
  };
}

/**
 * Whether the content is the one that was signed, and whether the signer's key made the signature; certificates are
 * not judged.
 */
export function verifySignedData(
  signed: SignedData,
  content: Uint8Array,
): { readonly content: boolean; readonly signature: boolean } {
  const known = SIGNATURE_DIGESTS[signed.signatureAlgorithm];
  return {
    content: hash(signed.digest, content, "hex") === signed.messageDigest,
    signature: known?.digest === signed.digest && isMadeBy(signed, known.key),
  };
}

function isMadeBy({ signer, signedAttributes, signature, digest }: SignedData, kind: "ec" | "rsa"): boolean {
  try {
    const key = createPublicKey({ key: signer.spki, format: "der", type: "spki" });
    return key.asymmetricKeyType === kind && verify(digest, signedAttributes, key, signature);
  } catch {
    return false;
  }
}

/**
 * The signer's chain out of these certificates and the anchors: the signer first, the anchor last. Undefined where none
 * leads to an anchor. Names and signatures are followed; dates are not looked at.
 */
export function chainOfSigner(
  { signer, certificates }: Pick<SignedData, "signer" | "certificates">,
  anchors: readonly CertificateFields[],
): readonly CertificateFields[] | undefined {
  const chain = [signer];
  for (let at: CertificateFields = signer; chain.length <= certificates.length + 1; ) {
    const below = at;
    const isAbove = (one: CertificateFields) => one.subject.equals(below.issuer) && isSignedBy(below.raw, one.raw);
    if (anchors.some(({ raw }) => raw.equals(below.raw))) return chain;
    const above = anchors.find(isAbove) ?? certificates.find((one) => !chain.includes(one) && isAbove(one));
    if (above === undefined) return undefined;
    chain.push(above);
    at = above;
  }
  return undefined;
}

function readAttributes(attributes: DerElement): ReadonlyMap<string, DerElement> {
  const found = new Map<string, DerElement>();
  for (const { content } of readChildren(attributes.content)) {
    const [type, values] = readChildren(content);
    if (type?.tag !== TAG.OID || values?.tag !== TAG.SET) throw shape("an attribute that is none");
    const oid = readOid(type.content);
    if (found.has(oid)) throw shape("an attribute that stands twice");
    found.set(oid, only(values));
  }
  return found;
}

/** The attribute by which a signature names its certificate, so that no other of the same key takes its place (RFC 5035). */
function requireNamed(value: DerElement | undefined, signer: CertificateFields): void {
  if (value?.tag !== TAG.SEQUENCE) throw shape("no certificate named");
  const [certs] = readChildren(value.content);
  const [named] = certs === undefined ? [] : readChildren(certs.content);
  const [digest] = named === undefined ? [] : readChildren(named.content);
  if (digest?.tag !== TAG.OCTET_STRING || !digest.content.equals(hash("sha256", signer.raw, "buffer")))
    throw shape("another certificate named");
}

/** The object identifier that an AlgorithmIdentifier begins with. */
function readOidOf(algorithm: DerElement): string {
  const [oid] = readChildren(algorithm.content);
  if (oid?.tag !== TAG.OID) throw shape("no algorithm");
  return readOid(oid.content);
}

function only(element: DerElement): DerElement {
  const [one, ...more] = readChildren(element.content);
  if (one === undefined || more.length > 0) throw shape("more or less than one element");
  return one;
}

function isOid(element: DerElement | undefined, oid: string): boolean {
  return element?.tag === TAG.OID && readOid(element.content) === oid;
}

function isOne(element: DerElement | undefined): boolean {
  return element?.tag === TAG.INTEGER && element.content.equals(Buffer.from([1]));
}

function shape(what: string): DerError {
  return new DerError(what, 0);
}
