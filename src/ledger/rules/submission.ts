import { mayFollow } from "../../domain/stage.ts";
import type { DeviceReject, UploadOutcome, Uploads } from "../submission.ts";
import { damaged } from "./damaged.ts";
import type { Engine } from "./engine.ts";
import { pages } from "./pages.ts";
import { requireLease } from "./require-lease.ts";
import { moveRefusal, requireMoved } from "./require-moved.ts";
import type { Statements } from "./statements.ts";

/** Attempts to register, recorded before they are made and with what became of them, and devices that are rejected. */
export function submissionRules({ read, write }: Engine): Uploads {
  return {
    unaskedDevices: (lot) =>
      pages(
        read,
        (on, after, limit) => on.unaskedPage(lot, after, limit),
        ({ externalId, idType }) => ({ externalId, idType }),
      ),

    recordCollisions: (lease, answers) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        // Minting goes on meanwhile, and may have rejected a device: then nobody needs its answer.
        const recorded = new Set(await on.setPresent(lot, answers));
        const known = answers.filter(({ externalId }) => recorded.has(externalId));
        const rejects = known.flatMap(({ externalId, reason }) => (reason === undefined ? [] : { externalId, reason }));
        const rejected = rejects.length === 0 ? [] : await rejectPlanned(on, lot, rejects);
        const present = known.filter((one) => one.present).length;
        const detail = { asked: known.length, present, rejected: rejected.length };
        append({ chain: lot, kind: "collisions-recorded", subject: lease.lot, detail });
        return rejected;
      }),

    openUpload: (lease, { part, externalIds }) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const upload = await on.addUpload(lot, part, lease.run, externalIds.length);
        const moved = await on.submitDevices(lot, part, upload, externalIds);
        await requireMoved(on, lot, externalIds, moved, "submitted");
        const detail = { upload, part, rows: externalIds.length };
        append({ chain: lot, kind: "upload-opened", subject: lease.lot, detail });
        return upload;
      }),

    closeUpload: (lease, upload, outcome) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        if (!(await on.closeUpload(lot, upload, outcome))) {
          throw damaged(`upload ${upload} of lot ${lease.lot} is not open`);
        }
        await closeMembers(on, upload, outcome);
        const { kind, status = null, confirmed, rejected, overwritten = [] } = outcome;
        const counts = { confirmed: confirmed.length, rejected: rejected.length, overwritten: overwritten.length };
        const detail = { upload, outcome: kind, status, ...counts };
        append({ chain: lot, kind: "upload-closed", subject: lease.lot, detail });
      }),

    openUploads: (lot) => read((on) => on.openUploadsOf(lot)),

    rejectDevices: (lease, rejects) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        await reject(on, lot, rejects);
        append({ chain: lot, kind: "devices-rejected", subject: lease.lot, detail: { devices: rejects.length } });
      }),

    relistRejected: (lease) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const devices = await on.relistRejected(lot);
        append({ chain: lot, kind: "devices-relisted", subject: lease.lot, detail: { devices } });
        return devices;
      }),
  };
}

/** A device that left `submitted` while the attempt was open, as its row changed, keeps its new stage. */
async function closeMembers(on: Statements, upload: number, outcome: UploadOutcome): Promise<void> {
  const members = new Map((await on.membersOf(upload)).map(({ externalId, id }) => [externalId, id]));
  const take = (externalId: string): number => {
    const id = members.get(externalId);
    if (id === undefined) throw damaged(`device ${externalId} is not in upload ${upload}, or stands in it twice`);
    members.delete(externalId);
    return id;
  };
  const confirmed = outcome.confirmed.map(take);
  const rejected = outcome.rejected.map(({ externalId, reason }) => ({ id: take(externalId), reason }));
  if (confirmed.length > 0) await on.confirm(confirmed);
  if (rejected.length > 0) await on.rejectSubmitted(rejected);
  if (members.size > 0) await on.relistSubmitted([...members.values()]);
}

/** Those of the devices that nothing was reserved for yet; gives their ids. */
async function rejectPlanned(on: Statements, lot: number, rejects: readonly DeviceReject[]): Promise<string[]> {
  const found = await on.devicesOf(
    lot,
    rejects.map(({ externalId }) => externalId),
  );
  const reasons = new Map(rejects.map(({ externalId, reason }) => [externalId, reason]));
  const planned = found.filter(({ stage }) => stage === "planned");
  await on.rejectDevices(planned.map(({ id, externalId }) => ({ id, reason: reasons.get(externalId) ?? "" })));
  return planned.map(({ externalId }) => externalId);
}

async function reject(on: Statements, lot: number, rejects: readonly DeviceReject[]): Promise<void> {
  const found = await on.devicesOf(
    lot,
    rejects.map(({ externalId }) => externalId),
  );
  const devices = new Map(found.map((device) => [device.externalId, device]));
  const reserved: number[] = [];
  const rows = new Map<number, string>();
  for (const { externalId, reason } of rejects) {
    const device = devices.get(externalId);
    // A run that recovers may record again what a killed run recorded: then only the reason is new.
    const allowed = device?.stage === "rejected" || (device && mayFollow(device.stage, "rejected"));
    if (device === undefined || !allowed) throw await moveRefusal(on, lot, externalId, "rejected");
    if (device.stage === "reserved") reserved.push(device.id);
    rows.set(device.id, reason);
  }
  if (reserved.length > 0) await on.abandonFor(lot, reserved);
  await on.rejectDevices([...rows].map(([id, reason]) => ({ id, reason })));
}
