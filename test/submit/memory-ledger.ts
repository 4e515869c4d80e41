import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureFolder, replaceFile } from "../../src/disk/durable.ts";
import { homeLayout, type LotLayout, lotLayout, partFile } from "../../src/disk/layout.ts";
import type { Stage } from "../../src/domain/stage.ts";
import type { LotLease } from "../../src/ledger/locks.ts";
import type { PartDevice } from "../../src/ledger/registration.ts";
import type { UploadOutcome } from "../../src/ledger/submission.ts";
import type { Platform } from "../../src/platform/platform.ts";
import { DEFAULT_RETRY, type RetryPolicy } from "../../src/platform/retry.ts";
import { retrying } from "../../src/platform/retrying.ts";
import type { SubmissionLedger } from "../../src/submit/submission.ts";
import type { SubmitLot } from "../../src/submit/submit-lot.ts";
import type { ScriptedPlatform } from "./scripted-platform.ts";

/** One part of a test's lot. */
export interface PartScript {
  readonly ids: readonly string[];
  readonly paths?: readonly string[];
  readonly answered?: boolean;
}

export interface MemoryUpload {
  readonly upload: number;
  readonly part: number;
  readonly externalIds: readonly string[];
  outcome?: UploadOutcome;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export interface MemoryLot {
  readonly ledger: SubmissionLedger & { lost: boolean };
  readonly layout: LotLayout;
  readonly uploads: MemoryUpload[];
  readonly rejects: Map<string, string>;
  readonly device: (externalId: string) => Mutable<PartDevice>;
  readonly stages: () => Record<string, Stage>;
  readonly pauses: number[];
  readonly beats: () => number;
  readonly retry: RetryPolicy;
  readonly options: (platform: ScriptedPlatform, more?: Partial<SubmitLot>) => SubmitLot;
  readonly remove: () => void;
}

const LEASE: LotLease = { lot: "L1", run: 1, fence: 1 };

/** A lot whose parts are on disk, with the part of the ledger that a submission needs, kept in memory. */
export function makeMemoryLot(scripts: readonly PartScript[]): MemoryLot {
  const root = mkdtempSync(join(tmpdir(), "lotmint-submit-"));
  const layout = lotLayout(homeLayout(root), "L1");
  ensureFolder(layout.registration);
  const uploads: MemoryUpload[] = [];
  const rejects = new Map<string, string>();
  const answered = new Set<number>();
  const pauses: number[] = [];
  let beats = 0;
  const parts = scripts.map((script, index) => {
    const number = index + 1;
    const rows = script.ids.map((id) => `${id};CERTIFICATES;;c8y_Device;${id}\n`);
    const bytes = `ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME\n${rows.join("")}`;
    replaceFile(partFile(layout, number), bytes);
    if (script.answered === true) answered.add(number);
    const devices = script.ids.map(
      (externalId, row): Mutable<PartDevice> => ({
        externalId,
        row,
        stage: "listed",
        idType: "c8y_Serial",
        presentBefore: null,
        sentBefore: false,
        confirmedBefore: false,
      }),
    );
    return { number, devices, sha256: createHash("sha256").update(bytes).digest("hex"), paths: script.paths ?? [] };
  });
  const all = parts.flatMap(({ devices }) => devices);
  const device = (externalId: string): Mutable<PartDevice> => {
    const found = all.find((one) => one.externalId === externalId);
    if (found === undefined) throw new Error(`no device ${externalId}`);
    return found;
  };
  const isOpen = ({ stage }: PartDevice) => stage === "listed" || stage === "submitted";
  const check = () => {
    if (ledger.lost) throw new Error("lot-held");
  };
  const reject = (externalId: string, reason: string) => {
    device(externalId).stage = "rejected";
    rejects.set(externalId, reason);
  };
  const ledger: MemoryLot["ledger"] = {
    lost: false,
    heartbeat: async () => {
      check();
      beats += 1;
    },
    parts: async () =>
      parts.map(({ number, sha256, paths, devices }) => ({
        number,
        sha256,
        paths,
        rows: devices.length,
        open: devices.filter(isOpen).length,
        answered: answered.has(number),
      })),
    partDevices: async (_lot, part) => (parts[part - 1]?.devices ?? []).map((one) => ({ ...one })),
    recordCollisions: async (_hold, answers) => {
      check();
      for (const { externalId, present } of answers) device(externalId).presentBefore = present;
      return [];
    },
    openUpload: async (_hold, { part, externalIds }) => {
      check();
      for (const id of externalIds) {
        const one = device(id);
        if (one.stage !== "listed") throw new Error(`${id} is ${one.stage}`);
        Object.assign(one, { stage: "submitted", sentBefore: true });
      }
      uploads.push({ upload: uploads.length + 1, part, externalIds });
      return uploads.length;
    },
    closeUpload: async (_hold, number, outcome) => {
      check();
      const upload = uploads[number - 1];
      if (upload === undefined || upload.outcome !== undefined) throw new Error(`upload ${number} is not open`);
      upload.outcome = outcome;
      if (outcome.kind === "answered") answered.add(upload.part);
      for (const id of upload.externalIds) if (device(id).stage === "submitted") device(id).stage = "listed";
      for (const id of outcome.confirmed) Object.assign(device(id), { stage: "confirmed", confirmedBefore: true });
      for (const { externalId, reason } of outcome.rejected) reject(externalId, reason);
    },
    openUploads: async () => uploads.filter(({ outcome }) => outcome === undefined),
    rejectDevices: async (_hold, list) => {
      check();
      for (const { externalId, reason } of list) reject(externalId, reason);
    },
  };
  const retry: RetryPolicy = {
    ...DEFAULT_RETRY,
    tries: 5,
    random: () => 0,
    sleep: async (ms) => {
      pauses.push(ms);
    },
  };
  return {
    ledger,
    layout,
    uploads,
    rejects,
    device,
    stages: () => Object.fromEntries(all.map(({ externalId, stage }) => [externalId, stage])),
    pauses,
    beats: () => beats,
    retry,
    options: (platform, more = {}) => ({
      ledger,
      lease: LEASE,
      // A submission asks nothing else of it.
      platform: retrying(platform as unknown as Platform, retry),
      layout,
      tenant: "t1",
      submit: { concurrency: 2, collisions: "platform" },
      retry,
      ...more,
    }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
