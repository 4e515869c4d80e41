import { foldId } from "../../domain/device.ts";
import type { CertificateAccount, DeviceAccount, DeviceEvent, DeviceKey, LookingUp } from "../looking-up.ts";
import type { Engine } from "./engine.ts";
import type { CertificateState, DeviceState, FoundEvent } from "./statements/looking-up.ts";
import type { Statements } from "./statements.ts";

const BATCH_KINDS = ["batch-reserved", "batch-minted", "batch-placed", "batch-voided", "remint-done"] as const;
const UPLOAD_KINDS = ["upload-opened", "upload-closed"] as const;
/** A certificate ends in the transaction whose event says so; a clock that is set between the two moves it by seconds. */
const CLOCK_STEP_MS = 60_000;

/** All that the ledger knows of single devices; each statement asks for all of them at once. */
export function lookingUpRules({ read }: Engine): LookingUp {
  return {
    devicesNamed: (externalIds) =>
      read(async (on) => {
        const found = await on.namedDevices(externalIds);
        const exact = new Set(found.map(({ externalId }) => externalId));
        const left = externalIds.filter((externalId) => !exact.has(externalId));
        return left.length === 0 ? found : [...found, ...(await on.foldedDevices(left.map(foldId)))];
      }),
    deviceAccounts: (devices) => read((on) => accountsOf(on, devices)),
    rejectedRows: (externalIds) => read((on) => on.rejectedRows(externalIds)),
  };
}

async function accountsOf(on: Statements, devices: readonly DeviceKey[]): Promise<readonly DeviceAccount[]> {
  const states = await on.deviceStates(devices);
  if (states.length === 0) return [];
  const ids = states.map(({ id }) => id);
  const certificates = Map.groupBy(await on.certificatesOf(ids), ({ device }) => device);
  const uploads = Map.groupBy(await on.uploadsOf(ids), ({ device }) => device);
  const asked = states.map((state) => ({
    state,
    certificates: certificates.get(state.id) ?? [],
    uploads: (uploads.get(state.id) ?? []).map(({ number }) => number),
  }));
  const events = Map.groupBy(
    [
      ...(await on.numberedEvents(asked.flatMap(numberedQuestions))),
      ...(await on.revocationEvents(asked.flatMap(revocationQuestions))),
    ],
    ({ device }) => device,
  );
  return states.map((state) => ({
    lot: state.lot,
    externalId: state.externalId,
    stage: state.stage,
    line: state.line,
    rejectReason: state.rejectReason,
    certificates: (certificates.get(state.id) ?? []).map(certificateAccount),
    part: state.part === null ? null : { number: state.part, row: (state.partRow ?? 0) + 1 },
    uploads: (uploads.get(state.id) ?? []).map(({ device: _device, ...upload }) => upload),
    events: inOrder(events.get(state.id) ?? []),
  }));
}

interface Asked {
  readonly state: DeviceState;
  readonly certificates: readonly CertificateState[];
  readonly uploads: readonly number[];
}

function numberedQuestions({ state: { id: device, chain, lot, part }, certificates, uploads }: Asked) {
  const question = (kinds: readonly string[], numbers: readonly (number | null)[]) =>
    kinds.flatMap((kind) => numbers.map((number) => ({ device, chain, lot, kind, number })));
  return [
    ...question(["manifest-absorbed"], [null]),
    ...question(BATCH_KINDS, [...new Set(certificates.map(({ batch }) => batch))]),
    ...question(["part-listed"], part === null ? [] : [part]),
    ...question(UPLOAD_KINDS, uploads),
  ];
}

function revocationQuestions({ state: { id: device, chain, lot }, certificates }: Asked) {
  return certificates.flatMap(({ state, serialNumber, endedAtMs }) => {
    if (state !== "revoked") return [];
    return [{ device, chain, lot, serialNumber, fromMs: (endedAtMs ?? 0) - CLOCK_STEP_MS }];
  });
}

/** Each event once, also when it concerns two of the device's certificates; the archive's come first. */
function inOrder(events: readonly FoundEvent[]): readonly DeviceEvent[] {
  const once = new Map(events.map((event) => [`${event.chain} ${event.seq}`, event]));
  return [...once.values()]
    .sort((one, other) => one.chain - other.chain || one.seq - other.seq)
    .map(({ atMs, kind }) => ({ atMs, kind }));
}

function certificateAccount(certificate: CertificateState): CertificateAccount {
  const { device: _device, batch: _batch, replaced, endedAtMs, reason, state, ...account } = certificate;
  const ended = endedAtMs === null ? null : { atMs: endedAtMs, reason };
  if (state === "issued") return { ...account, state: "valid", ended };
  return { ...account, state: state === "revoked" && replaced ? "replaced" : state, ended };
}
