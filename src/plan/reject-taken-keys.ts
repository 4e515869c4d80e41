import { readPkcs10 } from "../authority/request/read-pkcs10.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LotLease } from "../ledger/locks.ts";
import type { PlannedDevice } from "../ledger/minting.ts";
import { describeHolder } from "./check-requests.ts";

/**
 * Rejects the devices whose own key cannot be certified any more, mostly since another one has got it since the
 * manifest was taken in: in a lot that ran beside this one, or earlier in this run. Gives the others. `inHand`
 * are the keys that this run has let through, with their devices; they are added to.
 */
export async function rejectTakenKeys<Planned extends PlannedDevice>(
  ledger: Pick<Ledger, "publicKeyHolders" | "rejectDevices">,
  lease: LotLease,
  planned: readonly Planned[],
  inHand: Map<string, string>,
): Promise<readonly Planned[]> {
  const keys = new Map<Planned, string>();
  const taken = new Map<Planned, string>();
  for (const device of planned) {
    if (device.certificateRequest === undefined) continue;
    const request = readPkcs10(device.certificateRequest);
    // Its row was planned by a lotmint that asked for less.
    if ("problem" in request) taken.set(device, request.problem);
    else keys.set(device, request.publicKeySha256);
  }
  if (keys.size + taken.size === 0) return planned;
  const holders = await ledger.publicKeyHolders([...keys.values()]);
  for (const [device, key] of keys) {
    const other = inHand.get(key);
    const before = other === undefined ? [] : [{ lot: lease.lot, externalId: other, subject: null, issuer: "" }];
    const same = holders.filter(({ publicKeySha256 }) => publicKeySha256 === key);
    const reason = describeHolder([...before, ...same], lease.lot, device.externalId);
    if (reason === undefined) inHand.set(key, device.externalId);
    else taken.set(device, reason);
  }
  if (taken.size === 0) return planned;
  const rejects = [...taken].map(([{ externalId }, reason]) => ({ externalId, reason: `csr: ${reason}` }));
  await ledger.rejectDevices(lease, rejects);
  return planned.filter((device) => !taken.has(device));
}
