import type { Revoking } from "../revoking.ts";
import type { Append, Engine } from "./engine.ts";
import { SITE } from "./event-digest.ts";
import { START } from "./pages.ts";
import { requireLease } from "./require-lease.ts";
import type { Place } from "./statements/place.ts";

/** Revoking: a device's certificate with the device, or one outside lots. */
export function revokingRules({ read, write }: Engine): Revoking {
  return {
    certifiedDevices: (externalIds) =>
      read(async (on) => {
        const devices = [...(await on.certifiedEnded(externalIds)), ...(await on.certifiedLive(externalIds))];
        return [...new Map(devices.map((device) => [device.externalId, device])).values()];
      }),
    revocableDevices: (lot, shown) =>
      read(async (on) => {
        return { ...(await on.countRevocable(lot)), first: await on.firstRevocable(lot, shown) };
      }),
    revokeDevices: (lease, { reason, externalIds }) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const serials = await on.revokeDevices(lot, reason, externalIds);
        noteRevoked(append, lot, lease.lot, { reason, serials });
        return serials.length;
      }),
    revokeLot: async function* (lease, { reason, perCommit }) {
      for (let after: Place = START; ; ) {
        const from = after;
        const step = await write(async (on, append) => {
          const lot = await requireLease(on, lease);
          const last = await on.revocableEnd(lot, from, perCommit);
          if (last === undefined) return undefined;
          const serials = await on.revokeSpan(lot, reason, from, last);
          noteRevoked(append, lot, lease.lot, { reason, serials });
          return { last, revoked: serials.length };
        });
        if (step === undefined) return;
        if (step.revoked > 0) yield step.revoked;
        after = step.last;
      }
    },
    revokeCertificate: ({ serialNumber, reason }) =>
      write(async (on, append) => {
        const issuer = await on.revokeAlone(serialNumber, reason);
        if (issuer === undefined) return false;
        const detail = { reason, serials: [serialNumber] };
        append({ chain: SITE, kind: "certificates-revoked", subject: issuer, detail });
        return true;
      }),
    isRevoked: ({ serialNumber, sha256 }) => read((on) => on.isRevoked(serialNumber, sha256)),
  };
}

function noteRevoked(
  append: Append,
  chain: number,
  subject: string,
  detail: { readonly reason: string; readonly serials: readonly string[] },
): void {
  if (detail.serials.length > 0) append({ chain, kind: "certificates-revoked", subject, detail });
}
