import type { CertificateAccount, UploadAccount } from "../../ledger/looking-up.ts";
import type { LookedUpDevice } from "../../lookup/look-up-device.ts";
import { localTime, paint, type TextOptions, wrapText } from "../../report/plain-text.ts";

const INDENT = " ".repeat(16);

/** A device for people: where it stands, its certificates, its registration and its history. */
export function deviceText(device: LookedUpDevice, nowMs: number, options: TextOptions): string {
  const { externalId, lot, stage, line, rejectReason, folder, certificates, events } = device;
  const row = (name: string, text: string) => wrapText(text, `  ${name.padEnd(14)}`, INDENT, options.width);
  return [
    `${paint(externalId, "bold", options)}  ${stage}`,
    row("lot", `${lot}, line ${line} of its manifest`),
    ...(rejectReason === null ? [] : [row("rejected", rejectReason)]),
    row("folder", folder.exists ? folder.path : `${folder.path} (not there)`),
    ...registrationRows(device, row),
    ...(certificates.length === 0 ? [row("certificates", "none")] : ["  certificates"]),
    ...certificates.flatMap((certificate) => certificateRows(certificate, nowMs, options)),
    ...(events.length === 0 ? [] : ["  history"]),
    ...events.map(({ atMs, kind }) => `    ${localTime(atMs)}  ${kind}`),
  ]
    .map((text) => `${text}\n`)
    .join("");
}

function registrationRows({ part, uploads }: LookedUpDevice, row: (name: string, text: string) => string): string[] {
  if (part === null) return [row("registration", "in no part")];
  return [
    row("registration", `part ${part.number}, row ${part.row}${uploads.length === 0 ? "; not sent yet" : ""}`),
    ...uploads.map((upload) => row("", uploadText(upload))),
  ];
}

function uploadText({ number, openedAtMs, kind, status, message }: UploadAccount): string {
  const outcome =
    kind === null ? "no answer is recorded" : [kind, status, message].filter((part) => part !== null).join(" ");
  return `${localTime(openedAtMs)} upload ${number}: ${outcome}`;
}

function certificateRows(certificate: CertificateAccount, nowMs: number, { width }: TextOptions): string[] {
  const { serialNumber, issuer, sha256, publicKeySha256, notBeforeMs, notAfterMs } = certificate;
  const row = (name: string, text: string) => wrapText(text, `      ${name.padEnd(10)}`, INDENT, width);
  return [
    `    ${serialNumber}  ${stateText(certificate, nowMs)}`,
    row("issuer", issuer),
    ...(notAfterMs === null
      ? []
      : [
          row(
            "validity",
            `${notBeforeMs === null ? "(begin not recorded)" : localTime(notBeforeMs)} to ${localTime(notAfterMs)}`,
          ),
        ]),
    ...(sha256 === null ? [] : [row("SHA-256", sha256)]),
    ...(publicKeySha256 === null ? [] : [row("key", publicKeySha256)]),
  ];
}

function stateText({ state, ended, notAfterMs }: CertificateAccount, nowMs: number): string {
  if (state === "reserved") return "reserved: no certificate is recorded yet";
  if (state === "valid") return notAfterMs !== null && nowMs > notAfterMs ? "expired" : "valid";
  if (ended === null) return state;
  return `${state} ${localTime(ended.atMs)}${ended.reason === null ? "" : ` (${ended.reason})`}`;
}
