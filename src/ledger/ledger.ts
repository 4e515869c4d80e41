import type { Events } from "./events.ts";
import type { Identity } from "./identity.ts";
import type { KeyPool } from "./key-pool.ts";
import type { Locks } from "./locks.ts";
import type { LookingUp } from "./looking-up.ts";
import type { Lots } from "./lots.ts";
import type { Minting } from "./minting.ts";
import type { Orders } from "./orders.ts";
import type { Passwords } from "./passwords.ts";
import type { Reading } from "./reading.ts";
import type { Receipts } from "./receipts.ts";
import type { Parts } from "./registration.ts";
import type { Reminting } from "./reminting.ts";
import type { RevocationLists } from "./revocation-lists.ts";
import type { Revoking } from "./revoking.ts";
import type { Serials } from "./serials.ts";
import type { Uploads } from "./submission.ts";

/**
 * What lotmint remembers: lots, devices, certificates, batches, parts, uploads, runs, and append-only chains
 * of events. Every method is one transaction that is durable when its promise is fulfilled. Methods that take
 * a `LotLease` check its fence first and throw `lot-held` when another run has taken the lot over.
 *
 * A rejected promise means that nothing of it was recorded, with one exception: the answer to the commit
 * itself was lost, since the process, the disk or the connection failed at that moment. Then either may be true,
 * and the next read tells.
 *
 * Errors: `lot-held`, `state-damaged`, `disk-unwritable`, all `OnboardingError`.
 */
export interface Ledger
  extends Identity,
    Locks,
    Lots,
    Minting,
    Passwords,
    KeyPool,
    Serials,
    Parts,
    Uploads,
    Revoking,
    Reminting,
    RevocationLists,
    Orders,
    Receipts,
    Reading,
    LookingUp,
    Events {
  /** Waits for what was asked for, and closes. May be said twice. */
  close(): Promise<void>;
}

/** A ledger that is one file. */
export interface LedgerFile extends Ledger {
  /** Writes the ledger as it stands into a new file, 0600, while others go on; gives the digest of the site's newest event. */
  copyTo(path: string): Promise<string>;
}
