import type { Receipt } from "../../domain/receipt.ts";
import type {
  InspectedCertificate,
  InspectedEntry,
  InspectedExtension,
  InspectedSignature,
  Inspection,
} from "../../lookup/inspect/inspection.ts";
import { paint, plainText, type TextOptions, wrapText } from "../../report/plain-text.ts";

/** What is in a file, for people: each entry with all that its certificates say. */
export function inspectionText(
  path: string,
  { format, entries, receipt, signature, notes = [] }: Inspection,
  options: TextOptions,
): string {
  const lines = [
    wrapText(`${path}: ${format}`, "", "  ", options.width),
    ...notes.map((note) => wrapText(note, "  note: ", "    ", options.width)),
    ...(receipt === undefined ? [] : receiptLines(receipt, options)),
    ...(signature === undefined ? [] : signatureLines(signature, options)),
    ...entries.flatMap((entry) => ["", ...entryLines(entry, options)]),
  ];
  return `${lines.join("\n")}\n`;
}

function receiptLines(receipt: Receipt, options: TextOptions): readonly string[] {
  const { tool, issuer, devices, parts, previous, ledger } = receipt;
  const row = rows("  ", options);
  return [
    ...row("number", String(receipt.number)),
    ...row("lot", receipt.lot),
    ...row("written by", `${tool.name} ${tool.version} on ${receipt.host}, run by ${receipt.operator}`),
    ...row("run", `${receipt.startedAt} to ${receipt.endedAt}`),
    ...row("issuer", `${issuer.name}, ${issuer.subject}, SHA-256 ${issuer.sha256}`),
    ...row("job", `${receipt.job.name === "" ? "none" : receipt.job.name}, SHA-256 ${receipt.job.sha256}`),
    ...receipt.manifests.flatMap(({ name, sha256 }) => row("manifest", `${name}, SHA-256 ${sha256}`)),
    ...row("devices", `${devices.count}, SHA-256 ${devices.sha256}`),
    ...parts.flatMap(({ number, rows: count, sha256 }) => row("part", `${number}, rows ${count}, SHA-256 ${sha256}`)),
    ...row("ledger", `${ledger.id}, generation ${ledger.generation}, head ${ledger.head}`),
    ...row("previous", previous === null ? "none" : `${previous.number}, SHA-256 ${previous.sha256}`),
  ];
}

function signatureLines(
  { signer, signedAt, digest, messageDigest }: InspectedSignature,
  options: TextOptions,
): readonly string[] {
  const row = rows("  ", options);
  return [
    ...row("signed by", signer),
    ...row("signed at", signedAt),
    ...row("content", `${digest === "sha256" ? "SHA-256" : "SHA-384"} ${messageDigest}`),
  ];
}

const ENTRY_WORDS: Readonly<Record<InspectedEntry["kind"], string>> = {
  key: "key",
  trusted: "trusted certificate",
  certificate: "certificate",
  request: "certificate request",
  crl: "revocation list",
};

function entryLines(entry: InspectedEntry, options: TextOptions): readonly string[] {
  const { alias, kind, chain } = entry;
  const what = kind === "key" && entry.private === false ? "public key" : ENTRY_WORDS[kind];
  const title = alias === undefined ? what : `${plainText(alias)}: ${what}`;
  const row = rows("  ", options);
  return [
    paint(title, "bold", options),
    ...row("subject", entry.subject),
    ...row("issuer", entry.issuer),
    ...row("number", entry.number === null ? "none" : entry.number),
    ...row("this update", entry.thisUpdate),
    ...row("next update", entry.nextUpdate === null ? "none" : entry.nextUpdate),
    ...row("revoked", entry.revoked === undefined ? undefined : String(entry.revoked)),
    ...(chain.length === 0 || entry.keyAlgorithm === null
      ? row(
          "key",
          entry.keyAlgorithm === null ? "of a type that is not known without its password" : entry.keyAlgorithm,
        )
      : []),
    ...row("encrypted", entry.encrypted === undefined ? undefined : entry.encrypted ? "yes" : "no"),
    ...row("key SHA-256", entry.publicKeySha256),
    ...row("signature", entry.signatureAlgorithm),
    ...row("created", entry.createdAt),
    ...extensionLines(entry.extensions ?? [], "  ", options),
    ...chain.flatMap((certificate, index) =>
      certificateLines(certificate, chain.length > 1 ? index + 1 : undefined, options),
    ),
  ];
}

function certificateLines(
  { subject, extensions, ...certificate }: InspectedCertificate,
  place: number | undefined,
  options: TextOptions,
): readonly string[] {
  const row = rows("    ", options);
  return [
    wrapText(subject, place === undefined ? "  " : `  ${place}. `, "     ", options.width),
    ...row("issuer", certificate.issuer),
    ...row("serial", certificate.serialNumber),
    ...row("valid from", certificate.notBefore),
    ...row("valid to", certificate.notAfter),
    ...row("key", certificate.keyAlgorithm),
    ...row("signature", certificate.signatureAlgorithm),
    ...row("version", String(certificate.version)),
    ...row("SHA-256", certificate.sha256),
    ...row("SHA-1", certificate.sha1),
    ...row("key SHA-256", certificate.publicKeySha256),
    ...extensionLines(extensions, "    ", options),
  ];
}

function extensionLines(
  extensions: readonly InspectedExtension[],
  indent: string,
  { width }: TextOptions,
): readonly string[] {
  return extensions.map(({ name, critical, value }) =>
    wrapText(`${critical ? "(critical) " : ""}${value}`, `${indent}${name}: `, `${indent}    `, width),
  );
}

function rows(indent: string, { width }: TextOptions): (name: string, text: string | undefined) => readonly string[] {
  const first = (name: string) => `${indent}${name.padEnd(12)}`;
  return (name, text) => (text === undefined ? [] : [wrapText(text, first(name), first(""), width)]);
}
