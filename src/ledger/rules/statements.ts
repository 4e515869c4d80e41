import type { AbsorbStatements } from "./statements/absorbing.ts";
import type { EventStatements } from "./statements/events.ts";
import type { IdentityStatements } from "./statements/identity.ts";
import type { KeyPoolStatements } from "./statements/key-pool.ts";
import type { LockStatements } from "./statements/locks.ts";
import type { LookingUpStatements } from "./statements/looking-up.ts";
import type { LotStatements } from "./statements/lots.ts";
import type { MintingStatements } from "./statements/minting.ts";
import type { OrderStatements } from "./statements/orders.ts";
import type { PasswordStatements } from "./statements/passwords.ts";
import type { ReadingStatements } from "./statements/reading.ts";
import type { ReceiptStatements } from "./statements/receipts.ts";
import type { RegistrationStatements } from "./statements/registration.ts";
import type { RemintStatements } from "./statements/reminting.ts";
import type { RevokingStatements } from "./statements/revoking.ts";
import type { SerialStatements } from "./statements/serials.ts";
import type { SubmissionStatements } from "./statements/submission.ts";

/**
 * What an engine can be asked. Each takes a set, such as the rows of a batch, and sees or changes it as one;
 * none decides anything. Times are those of the ledger's own clock. Digests and serial numbers are
 * lower-case hex.
 */
export interface Statements
  extends IdentityStatements,
    PasswordStatements,
    KeyPoolStatements,
    LockStatements,
    LotStatements,
    AbsorbStatements,
    MintingStatements,
    RemintStatements,
    SerialStatements,
    RegistrationStatements,
    SubmissionStatements,
    RevokingStatements,
    OrderStatements,
    ReceiptStatements,
    ReadingStatements,
    LookingUpStatements,
    EventStatements {}
