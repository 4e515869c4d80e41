import { DerError } from "../../asn1/read-der.ts";
import {
  openPkcs12Bags,
  type Pkcs12Bag,
  type Pkcs12Outline,
  type Pkcs12Secret,
  pkcs12Encryptions,
  pkcs12MacFits,
  readPkcs12Outline,
} from "../../authority/foreign/pkcs12-outline.ts";
import { chainFrom } from "./certificate-entries.ts";
import { describeCertificate } from "./describe-certificate.ts";
import { encryptionName } from "./encryption-name.ts";
import { closedFile, type FilePasswords, tryPasswords } from "./file-passwords.ts";
import type { InspectedEntry, Inspection } from "./inspection.ts";
import { keyObjectAlgorithm } from "./key-algorithm.ts";
import { unreadableFile } from "./unreadable-file.ts";

/** No keystore is larger; forge makes an object of each element. */
const MOST_OCTETS = 4 * 1024 * 1024;

/** A PKCS#12 file of any tool. Keys stay sealed, but for one without a certificate, whose type nothing else tells. */
export async function inspectPkcs12(content: Buffer, passwords: FilePasswords): Promise<Inspection> {
  if (content.length > MOST_OCTETS) throw unreadableFile(`it is a PKCS#12 file of over ${MOST_OCTETS} octets`);
  const outline = outlineOf(content);
  if ("message" in outline) {
    return {
      kind: "pkcs12",
      format: "PKCS#12",
      entries: [],
      problem: { kind: "unsupported", message: outline.message },
    };
  }
  const format = formatOf(outline);
  for (const secret of [null, ""]) {
    const opened = tryOpen(outline, secret);
    if (opened?.bags !== undefined && opened.bags.length > 0) {
      return {
        ...contentsOf(opened.bags),
        format,
        notes: ["no password protects it: anyone who has the file can open it"],
      };
    }
  }
  const found = await tryPasswords(passwords, (password) => tryOpen(outline, password));
  if (found.opened === undefined) return { kind: "pkcs12", format, entries: [], problem: closedFile(found.tried) };
  const { bags, problem } = found.opened;
  if (bags === undefined) {
    return { kind: "pkcs12", format, entries: [], problem: { kind: "unsupported", message: problem ?? "" } };
  }
  const notes = found.wellKnown ? { notes: ["it opens with the well-known password changeit"] } : {};
  return { ...contentsOf(bags), format, ...notes };
}

function outlineOf(content: Buffer): Pkcs12Outline | { readonly message: string } {
  try {
    return readPkcs12Outline(content);
  } catch (error) {
    return { message: `it cannot be read (${reasonOf(error)})` };
  }
}

/** Undefined where the password does not fit; a problem where it does, and something in the file is not known here. */
function tryOpen(
  outline: Pkcs12Outline,
  secret: Pkcs12Secret,
): { readonly bags?: readonly Pkcs12Bag[]; readonly problem?: string } | undefined {
  if (!pkcs12MacFits(outline, secret)) return undefined;
  try {
    const bags = openPkcs12Bags(outline.contents, secret);
    // Without a MAC certificates may stand in the clear: then only a key tells whether the password is the right one.
    if (outline.mac === undefined) bags.find(({ openKey }) => openKey !== undefined)?.openKey?.();
    return { bags };
  } catch (error) {
    // Without a MAC, only this tells that the password is another one.
    if (outline.mac === undefined || secret === null || secret === "") return undefined;
    return { problem: `the password fits, but its contents cannot be read here (${reasonOf(error)})` };
  }
}

/** forge's own messages are for programmers. */
function reasonOf(error: unknown): string {
  const isOwn = (error instanceof RangeError || error instanceof DerError) && !/call stack/.test(error.message);
  return isOwn ? error.message : "it is damaged, nested too deeply, or of an unknown form";
}

function formatOf({ mac, ...outline }: Pkcs12Outline): string {
  const encryptions = [...new Set(pkcs12Encryptions(outline).map(encryptionName))];
  return [
    "PKCS#12",
    ...(encryptions.length === 0 ? [] : [`encrypted with ${encryptions.join(" and ")}`]),
    mac === undefined
      ? "without a MAC"
      : mac.derivation === "pkcs12"
        ? `MAC with ${digestName(mac.digest)}, ${mac.rounds} rounds`
        : `MAC is PBMAC1 (RFC 9579) with HMAC-${digestName(mac.digest)}, ${mac.rounds} rounds`,
  ].join("; ");
}

function digestName(digest: string): string {
  return digest.replace(/^sha/, "SHA-");
}

function contentsOf(bags: readonly Pkcs12Bag[]): Pick<Inspection, "kind" | "entries"> {
  const certificates = bags.flatMap(({ certificate, ...bag }) =>
    certificate === undefined ? [] : [{ ...bag, certificate }],
  );
  const keys = bags.filter(({ kind }) => kind === "key");
  const own = certificates.filter(({ trusted }) => !trusted);
  const used = new Set<Buffer>();
  const keyEntries = keys.map((key): InspectedEntry => {
    const tied = own.find(({ localKeyId }) => key.localKeyId !== undefined && localKeyId?.equals(key.localKeyId));
    const leaf = tied ?? (keys.length === 1 ? own[0] : undefined);
    const chain =
      leaf === undefined
        ? []
        : chainFrom(
            leaf.certificate,
            own.map(({ certificate }) => certificate),
          );
    for (const certificate of chain) used.add(certificate);
    const described = chain.map(describeCertificate);
    return {
      ...aliasOf(key.friendlyName ?? leaf?.friendlyName),
      kind: "key",
      chain: described,
      keyAlgorithm: described[0]?.keyAlgorithm ?? keyAlgorithmOf(key),
    };
  });
  const others = certificates
    .filter(({ certificate }) => !used.has(certificate))
    .map(
      ({ trusted, friendlyName, certificate }): InspectedEntry => ({
        ...aliasOf(friendlyName),
        kind: trusted ? "trusted" : "certificate",
        chain: [describeCertificate(certificate)],
      }),
    );
  const isTruststore = keys.length === 0 && others.length > 0 && others.every(({ kind }) => kind === "trusted");
  return { kind: isTruststore ? "truststore" : "pkcs12", entries: [...keyEntries, ...others] };
}

function aliasOf(alias: string | undefined): { readonly alias?: string } {
  return alias === undefined ? {} : { alias };
}

function keyAlgorithmOf({ openKey }: Pkcs12Bag): string | null {
  try {
    return openKey === undefined ? null : keyObjectAlgorithm(openKey());
  } catch {
    return null;
  }
}
