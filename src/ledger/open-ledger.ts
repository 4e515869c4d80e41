import { dirname, join, resolve } from "node:path";
import { absorbMethods } from "./absorb-manifest.ts";
import { adoptionMethods } from "./adoptions.ts";
import { copyMethods } from "./copies.ts";
import type { Engine } from "./engine.ts";
import { eventMethods } from "./event-methods.ts";
import { eventLog, type StoredEvent } from "./events.ts";
import { holdCheck } from "./holds.ts";
import { identityMethods } from "./identity.ts";
import { knownDeviceMethods } from "./known-devices.ts";
import type { Ledger } from "./ledger.ts";
import { ledgerError } from "./ledger-fault.ts";
import { type Connections, openLedgerFile, openLedgerFileToRead } from "./ledger-file.ts";
import { lockMethods } from "./locks.ts";
import { openLotLocks } from "./lot-locks.ts";
import { lotMethods } from "./lots.ts";
import { mintingMethods } from "./minting.ts";
import { partMethods } from "./parts.ts";
import { passwordBatchMethods } from "./password-batches.ts";
import { publicKeyMethods } from "./public-keys.ts";
import { pushMethods } from "./pushes.ts";
import { readingMethods } from "./reading.ts";
import { remintingMethods } from "./reminting.ts";
import { revocationListMethods } from "./revocation-lists.ts";
import { revokingMethods } from "./revoking.ts";
import { serialMethods } from "./serials.ts";
import { prepare } from "./statement.ts";
import { queueTransactions } from "./transactions.ts";
import { turnDownMethods } from "./turn-downs.ts";
import { uploadMethods } from "./uploads.ts";
import { requireLink } from "./verify-events.ts";

/**
 * Opens the ledger at `path`, making it where there is none. Several tasks may use it at once: their
 * transactions queue, their reads do not wait. Faults: `state-damaged` for a file that is no ledger, is
 * damaged or was made by a newer lotmint; `disk-unwritable`; `usage` for a network share.
 */
export async function openLedger(path: string, options: { readonly now: () => number }): Promise<Ledger> {
  return open(resolve(path), openLedgerFile, options.now);
}

/**
 * Opens the ledger to look into it: where there is none it is empty, and none is made; where nothing may be
 * written, such as on a read-only disk, it is read as it is. Faults as `openLedger`'s.
 */
export async function openLedgerToRead(path: string, options: { readonly now: () => number }): Promise<Ledger> {
  return open(resolve(path), openLedgerFileToRead, options.now);
}

function open(file: string, openFile: (path: string) => Connections, now: () => number): Ledger {
  const guard = <T>(act: () => T): T => {
    try {
      return act();
    } catch (error) {
      throw ledgerError(error, file);
    }
  };
  const connections = guard(() => openFile(file));
  try {
    return guard(() => wire(connections, file, now, async (act) => guard(act)));
  } catch (error) {
    closeBoth(connections);
    throw error;
  }
}

function wire(connections: Connections, path: string, now: () => number, read: Engine["read"]): Ledger {
  const { writer, reader } = connections;
  const last = prepare<StoredEvent>(reader, "SELECT * FROM events ORDER BY seq DESC LIMIT 1").get();
  if (last !== undefined) requireLink(last, last.seq, last.prev);
  const { write, idle } = queueTransactions(writer, path);
  const append = eventLog(writer, now);
  const engine: Engine = { now, writer, reader, write, read, append, requireHold: holdCheck(writer, now) };
  const lotLocks = openLotLocks(join(dirname(path), "locks"));
  return {
    ...identityMethods(engine),
    ...lockMethods(engine, lotLocks),
    ...lotMethods(engine),
    ...knownDeviceMethods(engine),
    ...absorbMethods(engine),
    ...mintingMethods(engine),
    ...passwordBatchMethods(engine),
    ...serialMethods(engine),
    ...adoptionMethods(engine),
    ...publicKeyMethods(engine),
    ...partMethods(engine),
    ...uploadMethods(engine),
    ...turnDownMethods(engine),
    ...revokingMethods(engine),
    ...remintingMethods(engine),
    ...revocationListMethods(engine),
    ...pushMethods(engine),
    ...readingMethods(engine),
    ...eventMethods(engine),
    ...copyMethods(engine),
    close: () =>
      idle()
        .then(() => closeBoth(connections))
        .finally(lotLocks.releaseAll),
  };
}

function closeBoth({ writer, reader }: Connections): void {
  // The writer last: the last connection to close writes the log back, and a reader may not.
  if (reader.isOpen) reader.close();
  if (writer.isOpen) writer.close();
}
