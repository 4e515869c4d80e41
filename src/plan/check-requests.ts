import { hash, randomInt } from "node:crypto";
import { readableAuthorities } from "../authority/load-authority.ts";
import { readPkcs10 } from "../authority/request/read-pkcs10.ts";
import type { Home } from "../disk/layout.ts";
import { type Device, foldId } from "../domain/device.ts";
import { type IdTable, makeIdTable } from "../domain/id-table.ts";
import type { RejectedRow } from "../domain/plan.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { KeyHolder } from "../ledger/serials.ts";
import type { CheckedRows } from "../manifest/rows-to-devices.ts";

export interface RequestRules {
  readonly home: Home;
  readonly lot: string;
  /** The manifest's own name for the column csr. */
  readonly column: string;
  readonly ledger: Pick<Ledger, "publicKeyHolders">;
}

type Holder = Omit<KeyHolder, "publicKeySha256">;

interface Asking {
  readonly device: Device;
  readonly publicKeySha256: string;
}

/**
 * Rejects the rows whose certificate request cannot be used: it is not sound, its key is weak, or the key
 * is somebody else's. Of two rows with one key the first is kept, whatever becomes of it. Rows without a
 * request pass.
 */
export async function* checkRequests(
  rows: AsyncIterable<CheckedRows>,
  rules: RequestRules,
): AsyncGenerator<CheckedRows> {
  const lineOfKey = makeIdTable([randomInt(2 ** 32), randomInt(2 ** 32)]);
  let authorities: ReadonlyMap<string, string> | undefined;
  for await (const { devices, rejected } of rows) {
    const refused = new Map<Device, string>();
    const asking: Asking[] = [];
    for (const device of devices) {
      if (device.certificateRequest === undefined) continue;
      const request = readPkcs10(device.certificateRequest);
      if ("problem" in request) refused.set(device, request.problem);
      else asking.push({ device, publicKeySha256: request.publicKeySha256 });
    }
    if (asking.length > 0) {
      authorities ??= authorityKeys(rules.home);
      for (const [device, problem] of await findTakenKeys(asking, authorities, lineOfKey, rules))
        refused.set(device, problem);
    }
    yield {
      devices: devices.filter((device) => !refused.has(device)),
      rejected: [...rejected, ...[...refused].map(([device, problem]) => rejectRow(device, rules.column, problem))],
    };
  }
}

async function findTakenKeys(
  asking: readonly Asking[],
  authorities: ReadonlyMap<string, string>,
  lineOfKey: IdTable,
  { ledger, lot }: RequestRules,
): Promise<ReadonlyMap<Device, string>> {
  const holders = Map.groupBy(
    await ledger.publicKeyHolders(asking.map(({ publicKeySha256 }) => publicKeySha256)),
    ({ publicKeySha256 }) => publicKeySha256,
  );
  const taken = new Map<Device, string>();
  for (const { device, publicKeySha256 } of asking) {
    const authority = authorities.get(publicKeySha256);
    const line = lineOfKey.get(publicKeySha256);
    if (line === undefined) lineOfKey.set(publicKeySha256, device.line);
    if (authority !== undefined) taken.set(device, `its key is that of authority ${authority}`);
    else if (line !== undefined)
      taken.set(device, `its key stands on line ${line} already; each device needs one of its own`);
    else {
      const reason = describeHolder(holders.get(publicKeySha256) ?? [], lot, device.externalId);
      if (reason !== undefined) taken.set(device, reason);
    }
  }
  return taken;
}

/**
 * Who else has a key, in a clause; undefined: nobody. The device itself may have it from an earlier certificate,
 * of this lot or of the tool before lotmint.
 */
export function describeHolder(holders: readonly Holder[], lot: string, externalId: string): string | undefined {
  const other = holders.find((holder) => !isItself(holder, lot, externalId));
  if (other === undefined) return undefined;
  if (other.lot === null) {
    return `its key is certified as ${JSON.stringify(other.subject)} under authority ${other.issuer} already`;
  }
  const device = `device ${JSON.stringify(other.externalId)} of lot ${JSON.stringify(other.lot)}`;
  return `its key is that of ${device}; each device needs one of its own`;
}

function isItself(holder: Holder, lot: string, externalId: string): boolean {
  if (holder.lot !== null) return holder.lot === lot && foldId(holder.externalId ?? "") === foldId(externalId);
  // Names are kept with RFC 4514's escapes, and an id holds no comma.
  const parts = (holder.subject ?? "").replaceAll("\\", "").split(/[,+]/);
  return parts.includes(`CN=${externalId}`);
}

/** Digests of the authorities' public keys, with the authorities' names. */
function authorityKeys(home: Home): ReadonlyMap<string, string> {
  return new Map(
    readableAuthorities(home).flatMap(({ name, chain }) =>
      chain.map(({ spki }, index) => [hash("sha256", spki), index === 0 ? name : `${name}'s chain`] as const),
    ),
  );
}

function rejectRow({ line, externalId, cells }: Device, field: string, message: string): RejectedRow {
  return { problem: { line, field, message }, externalId, cells };
}
