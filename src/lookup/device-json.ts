import { isoTime } from "../domain/iso-time.ts";
import type { CertificateAccount } from "../ledger/looking-up.ts";
import type { LookedUpDevice } from "./look-up-device.ts";

/** A device as `lotmint device --json` tells it. Serial numbers that are being made stand apart from certificates. */
export function deviceJson(device: LookedUpDevice) {
  const { externalId, lot, stage, line, rejectReason, folder, part, uploads, certificates, events } = device;
  const reserved = certificates.filter(({ state }) => state === "reserved").map(({ serialNumber }) => serialNumber);
  return {
    id: externalId,
    lot,
    stage,
    row: line,
    ...(rejectReason !== null && { rejectReason }),
    folder: folder.exists ? folder.path : null,
    registration:
      part === null
        ? null
        : {
            part: part.number,
            row: part.row,
            uploads: uploads.map(({ number, openedAtMs, closedAtMs, kind, status, message }) => ({
              number,
              sentAt: isoTime(openedAtMs),
              answeredAt: timeOrNull(closedAtMs),
              outcome: kind,
              status,
              message,
            })),
          },
    certificates: certificates.filter(({ state }) => state !== "reserved").map(certificateJson),
    ...(reserved.length > 0 && { reserved }),
    events: events.map(({ atMs, kind }) => ({ at: isoTime(atMs), kind })),
  };
}

function certificateJson({
  serialNumber,
  sha256,
  publicKeySha256,
  issuer,
  state,
  ended,
  ...times
}: CertificateAccount) {
  return {
    serialNumber,
    sha256,
    publicKeySha256,
    issuer,
    notBefore: timeOrNull(times.notBeforeMs),
    notAfter: timeOrNull(times.notAfterMs),
    state,
    ...(ended !== null && { ...(ended.reason !== null && { reason: ended.reason }), at: isoTime(ended.atMs) }),
  };
}

function timeOrNull(ms: number | null): string | null {
  return ms === null ? null : isoTime(ms);
}
