import type { Revoking } from "../revoking.ts";
import type { Engine } from "./engine.ts";
import { SITE } from "./event-digest.ts";
import { pages } from "./pages.ts";
import { requireLease } from "./require-lease.ts";

/** Revoking: a device's certificate with the device, or one outside lots. */
export function revokingRules({ read, write }: Engine): Revoking {
  return {
    certifiedDevices: (externalIds) =>
      read(async (on) => {
        const devices = [...(await on.certifiedEnded(externalIds)), ...(await on.certifiedLive(externalIds))];
        return [...new Map(devices.map((device) => [device.externalId, device])).values()];
      }),
    revocableDevices: (lot) =>
      pages(
        read,
        (on, after, limit) => on.revocablePage(lot, after, limit),
        ({ externalId, issuer }) => ({ externalId, issuer }),
      ),
    revokeDevices: (lease, { reason, externalIds }) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const serials = await on.revokeDevices(lot, reason, externalIds);
        if (serials.length > 0) {
          append({ chain: lot, kind: "certificates-revoked", subject: lease.lot, detail: { reason, serials } });
        }
        return serials.length;
      }),
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
