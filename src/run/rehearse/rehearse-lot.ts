import type { KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { jobFromJson } from "../../config/job-json.ts";
import { deviceFolder, type Home, type LotLayout, lotLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { Job } from "../../domain/job.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { MintedRecord } from "../../ledger/reading.ts";
import type { Platform } from "../../platform/platform.ts";
import { loadPasswords } from "../passwords/load-passwords.ts";
import { ACCEPTED, judgeRehearsal, type RehearsalTools, type RehearsedDevice } from "./judge-rehearsal.ts";
import type { EndpointsToTry } from "./rehearse-device.ts";
import { viewPlatform } from "./view-platform.ts";

export interface LotToRehearse {
  readonly ledger: Ledger;
  readonly home: Home;
  readonly lot: string;
  readonly endpoints: EndpointsToTry;
  /** Takes only so many devices, chosen by `random` with the same chance each. */
  readonly sample?: number;
  /** A number from 0 up to, not including, 1. */
  readonly random: () => number;
  /** Where to look up why a device was refused; absent: no login for it is given. A `retrying` one. */
  readonly platform?: Platform;
  readonly lotPassword?: string;
  /** Opens the lot's sealed passwords. */
  readonly secretsKey?: KeyObject;
  readonly now: () => number;
  readonly onProgress?: (rehearsed: number, total: number) => void;
}

export interface RehearsalOutcome {
  readonly lot: string;
  /** Devices of the lot that have a certificate, and a key here. */
  readonly devices: number;
  readonly rehearsed: number;
  readonly letIn: number;
  /** Revoked devices that were refused, as they should be. */
  readonly revoked: number;
  /** Devices with which anything is not as it should be. */
  readonly found: number;
  /** Those first, then others; a thousand at most. */
  readonly results: readonly RehearsedDevice[];
  /** What could not be looked at, and oddities that did no harm. */
  readonly notes: readonly string[];
}

const MAX_RESULTS = 1000;
/** Devices that connect at a time. */
const AT_ONCE = 8;

/**
 * Lets a lot's devices connect with what stands in their folders, as they will in the field: mutual TLS to
 * the token endpoint and to MQTT, and the first message; and finds out for each that is refused what
 * its certificate has to do with it. Changes nothing in the lot. Throws `usage` for an unknown lot,
 * `platform-unreachable` and `platform-refused`.
 */
export async function rehearseLot(input: LotToRehearse): Promise<RehearsalOutcome> {
  const record = await input.ledger.lot(input.lot);
  if (record === undefined) {
    throw new OnboardingError(`there is no lot ${input.lot}; see lotmint status`, { code: "usage" });
  }
  const job = jobFromJson(record.jobJson);
  const layout = lotLayout(input.home, input.lot, job.secrets.folder);
  const notes = new Set<string>();
  const tools: RehearsalTools = {
    layout,
    issuer: job.issuer,
    endpoints: input.endpoints,
    passwordOf: await findPasswords(input, job, layout, notes),
    lookup: await openLookup(input, notes),
    note: (message) => notes.add(message),
    now: input.now,
  };
  const wrong: RehearsedDevice[] = [];
  const right: RehearsedDevice[] = [];
  const counts = { rehearsed: 0, letIn: 0, revoked: 0, found: 0 };
  const devices = await countDevices(input, layout);
  const total = Math.min(devices, input.sample ?? devices);
  for await (const chosen of chooseDevices(input, layout, devices)) {
    for (let start = 0; start < chosen.length; start += AT_ONCE) {
      throwIfStopped(input.endpoints.retry.signal);
      const some = chosen.slice(start, start + AT_ONCE);
      for (const result of await Promise.all(some.map((device) => judgeRehearsal(device, tools)))) {
        counts.rehearsed += 1;
        if (!result.right) counts.found += 1;
        else if (result.mqtt === ACCEPTED) counts.letIn += 1;
        else counts.revoked += 1;
        const list = result.right ? right : wrong;
        if (list.length < MAX_RESULTS) list.push(result);
      }
      input.onProgress?.(counts.rehearsed, total);
    }
  }
  const results = [...wrong, ...right].slice(0, MAX_RESULTS);
  return { lot: input.lot, devices, ...counts, results, notes: [...notes] };
}

async function findPasswords(
  { ledger, lot, lotPassword, secretsKey }: LotToRehearse,
  job: Job,
  layout: LotLayout,
  notes: Set<string>,
): Promise<RehearsalTools["passwordOf"]> {
  if (job.passwords === "per-lot") return () => lotPassword;
  const listed = await loadPasswords({ ledger, lot, job, layout, ...(secretsKey === undefined ? {} : { secretsKey }) });
  if (listed?.away !== undefined) {
    throw new OnboardingError(`the lot's passwords are in ${listed.away}, which is not there now`, { code: "usage" });
  }
  if (listed === undefined || (listed.size === 0 && listed.closed.length > 0)) {
    throw new OnboardingError("the lot's passwords are sealed; open them with --secrets-key", { code: "usage" });
  }
  if (listed.closed.length > 0) notes.add(`passwords in ${listed.closed.join(", ")} are sealed and were not opened`);
  return (externalId) => listed.get(externalId);
}

async function openLookup({ platform }: LotToRehearse, notes: Set<string>): Promise<RehearsalTools["lookup"]> {
  if (platform === undefined) {
    notes.add("no login for the platform is given: what it trusts and has registered was not looked up");
    return undefined;
  }
  const view = await viewPlatform(platform);
  if (view.trusted === undefined) notes.add("the platform's trusted certificates could not be read");
  return { platform, view };
}

/** Devices that have a key here: a certificate made for a request has none, and one in the making is not judged. */
function isRehearsable({ externalId, stage, files }: MintedRecord, layout: LotLayout): boolean {
  const hasKey = Object.keys(files).some((name) => name.startsWith("keystore.") || name === "key.pem");
  if (!hasKey || stage === "reserved") return false;
  // The folder of a revoked device may have been cleared away.
  return stage !== "revoked" || existsSync(deviceFolder(layout, externalId));
}

async function countDevices({ ledger, lot }: LotToRehearse, layout: LotLayout): Promise<number> {
  let devices = 0;
  for await (const page of ledger.mintedDevices(lot)) {
    devices += page.filter((record) => isRehearsable(record, layout)).length;
  }
  return devices;
}

/** Each device is taken with the chance that fills the sample exactly (Knuth, algorithm S). */
async function* chooseDevices(
  { ledger, lot, sample, random }: LotToRehearse,
  layout: LotLayout,
  devices: number,
): AsyncIterable<readonly MintedRecord[]> {
  let left = sample ?? devices;
  let remaining = devices;
  for await (const page of ledger.mintedDevices(lot)) {
    yield page.filter((record) => {
      if (!isRehearsable(record, layout)) return false;
      const taken = random() * Math.max(remaining, left) < left;
      remaining -= 1;
      if (taken) left -= 1;
      return taken;
    });
  }
}

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new OnboardingError("the rehearsal was stopped", { code: "stopped" });
}
