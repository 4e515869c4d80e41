import { existsSync } from "node:fs";
import { jobFromJson } from "../../config/job-json.ts";
import { lotLayout, partFile } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { MintedRecord } from "../../ledger/reading.ts";
import type { Difference } from "../../verify/difference.ts";
import { verifyIssuingChain } from "../../verify/verify-issuing-chain.ts";
import { verifyPart, verifyPartDigest } from "../../verify/verify-part.ts";
import { reportedHead } from "../lot/require-sound-ledger.ts";
import { foreignFolders } from "../passwords/claim-folders.ts";
import { loadPasswords } from "../passwords/load-passwords.ts";
import { checkDevices } from "./check-devices.ts";
import { checkTrust } from "./check-platform.ts";
import { type Check, type LotToCheck, throwIfStopped } from "./check-scope.ts";
import { checkPasswordList, checkStrays } from "./check-strays.ts";
import { checkTruststore } from "./check-truststore.ts";
import { drawSample } from "./draw-sample.ts";
import { boundSample, type SampleBound } from "./sample-bound.ts";

export interface CheckOutcome {
  readonly lot: string;
  /** Devices of the lot that have a certificate. */
  readonly devices: number;
  /** Of these, opened and compared. */
  readonly checked: number;
  /** Confirmed devices that the platform was asked for. */
  readonly asked: number;
  readonly parts: number;
  readonly events: number;
  /** The first of them; `found` counts all. */
  readonly differences: readonly Difference[];
  readonly found: number;
  /** What could not be checked, and why. */
  readonly notes: readonly string[];
  /** What the sample says of the whole lot; absent where all was checked. */
  readonly sample?: SampleBound;
}

const MAX_DIFFERENCES = 1000;
const BESIDE_SAMPLE =
  "outside the sample: the other devices' folders, passwords, rows and certificates; what stands in devices/ or in the password list and belongs to no device; the pages of the ledger's file. Every link of the chains of events and every part's digest were checked; `lotmint check LOT` without --sample checks the rest";

/**
 * Compares a lot's devices, parts and passwords with the ledger, and on request with the platform.
 * Changes nothing and takes no lock: it may run beside a run, whose unfinished batches are left out.
 * Throws `usage` for an unknown lot, `state-damaged` for a broken event chain, and the platform's
 * errors; everything else that is wrong is a difference.
 */
export async function checkLot(input: LotToCheck): Promise<CheckOutcome> {
  const record = await input.ledger.lot(input.lot);
  if (record === undefined) {
    throw new OnboardingError(`there is no lot ${input.lot}; see lotmint status`, { code: "usage" });
  }
  const drawn = await drawSample(input);
  const { events } =
    drawn === undefined
      ? await input.ledger.verifyEvents()
      : await input.ledger.verifyEventsOf(drawn.records.map(({ serialNumber }) => serialNumber));
  const job = jobFromJson(record.jobJson);
  const differences: Difference[] = [];
  let found = 0;
  const faulty = new Set<string>();
  const scope = {
    ...input,
    layout: lotLayout(input.home, input.lot, job.secrets.folder),
    job,
    drawn,
    notes: new Set<string>(drawn === undefined ? [] : [BESIDE_SAMPLE]),
    tell: (...told: readonly Difference[]) => {
      found += told.length;
      for (const { externalId } of told) if (drawn?.ids.has(externalId)) faulty.add(externalId);
      differences.push(...told.slice(0, MAX_DIFFERENCES - differences.length));
    },
  };
  const check: Check = { ...scope, passwords: await loadPasswords(scope) };
  const foreign = await foreignFolders(check.ledger, check.lot, check.layout);
  check.tell(...foreign.map((what) => ({ externalId: "", what })));
  check.tell(...verifyIssuingChain(check.chain, check.now()));
  if (check.platform !== undefined) await checkTrust(check, check.platform);
  await checkReport(check);
  const parts = await checkParts(check);
  const { checked, asked } = await checkDevices(check, parts);
  if (drawn === undefined) await checkStrays(check);
  await checkPasswordList(check);
  if (checked > 0) checkTruststore(check);
  return {
    lot: input.lot,
    devices: drawn?.population ?? checked,
    checked,
    asked,
    parts: parts.size,
    events,
    differences,
    found,
    notes: [...check.notes],
    ...(drawn !== undefined && {
      sample: boundSample({ sampled: checked, population: drawn.population, faulty: faulty.size }),
    }),
  };
}

/** A ledger without the event that the last report ends with has lost its end, which the chain by itself cannot show. */
async function checkReport({ ledger, lot, layout, tell }: Check): Promise<void> {
  const expected = reportedHead(layout.reportJson);
  if (expected === undefined) {
    if (existsSync(layout.reportJson)) tell({ externalId: "", what: "report.json is not one that lotmint wrote" });
    return;
  }
  if (await ledger.hasEvent(expected)) return;
  const found = (await ledger.head(lot))?.digest ?? "";
  const what =
    "the ledger does not have the event that report.json ends with: its end was cut off, or it is an old copy";
  tell({ externalId: "", what, expected, found });
}

async function checkParts({ ledger, lot, layout, tell, signal, drawn }: Check): Promise<ReadonlySet<number>> {
  const parts = await ledger.parts(lot);
  for (const part of parts) {
    throwIfStopped(signal);
    const path = partFile(layout, part.number);
    const devices =
      drawn === undefined ? await ledger.partDevices(lot, part.number) : rowsIn(drawn.records, part.number);
    if (drawn !== undefined && devices.length === 0) tell(...(await verifyPartDigest(path, part)));
    else tell(...(await verifyPart(path, part, devices)));
  }
  return new Set(parts.map(({ number }) => number));
}

function rowsIn(records: readonly MintedRecord[], number: number) {
  return records.flatMap(({ externalId, part, partRow }) =>
    part === number && partRow !== null ? [{ externalId, row: partRow }] : [],
  );
}
