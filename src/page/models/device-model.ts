import { OnboardingError } from "../../domain/error.ts";
import type { CertificateAccount } from "../../ledger/looking-up.ts";
import { type LookedUpDevice, lookUpDevice } from "../../lookup/look-up-device.ts";
import type { CertificateModel, DeviceEntry, DeviceModel, FrameModel } from "../model.ts";
import type { PageTools } from "../page-tools.ts";

const LONGEST_QUERY = 256;
const MOST_DEVICES = 20;
const MOST_EVENTS = 100;

/** What is known of the devices that an id or a certificate's serial number means. */
export async function deviceModel(
  text: string,
  frame: FrameModel,
  { home, useLedger }: Pick<PageTools, "home" | "useLedger">,
): Promise<DeviceModel> {
  const query = text.trim().slice(0, LONGEST_QUERY);
  if (query === "") return { ...frame, query, devices: [], problem: null };
  try {
    const found = await useLedger((ledger) => lookUpDevice(ledger, home, { by: "any", text: query }));
    return { ...frame, query, devices: found.slice(0, MOST_DEVICES).map(deviceEntry), problem: null };
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return { ...frame, query, devices: [], problem: error.message };
  }
}

function deviceEntry({
  externalId,
  lot,
  line,
  stage,
  rejectReason,
  certificates,
  events,
}: LookedUpDevice): DeviceEntry {
  return {
    externalId,
    lot,
    line,
    stage,
    rejectReason,
    certificates: certificates.map(certificateModel),
    events: events.slice(-MOST_EVENTS).map(({ atMs, kind }) => ({ atMs, kind })),
  };
}

function certificateModel(certificate: CertificateAccount): CertificateModel {
  const { serialNumber, sha256, issuer, notBeforeMs, notAfterMs, state, ended } = certificate;
  return {
    serialNumber,
    sha256,
    issuer,
    notBeforeMs,
    notAfterMs,
    state,
    reason: ended?.reason ?? null,
    atMs: ended?.atMs ?? null,
  };
}
