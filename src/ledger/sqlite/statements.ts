import type { DatabaseSync } from "node:sqlite";
import type { Statements } from "../rules/statements.ts";
import { absorbStatements } from "./absorb-statements.ts";
import { eventStatements } from "./event-statements.ts";
import { identityStatements } from "./identity-statements.ts";
import { keyPoolStatements } from "./key-pool-statements.ts";
import { lockStatements } from "./lock-statements.ts";
import { lookingUpStatements } from "./looking-up-statements.ts";
import { lotStatements } from "./lot-statements.ts";
import { mintingStatements } from "./minting-statements.ts";
import { orderStatements } from "./order-statements.ts";
import { passwordStatements } from "./password-statements.ts";
import { readingStatements } from "./reading-statements.ts";
import { receiptStatements } from "./receipt-statements.ts";
import { registrationStatements } from "./registration-statements.ts";
import { remintStatements } from "./remint-statements.ts";
import { pushStatements, revocationListStatements } from "./revocation-list-statements.ts";
import { revokingStatements } from "./revoking-statements.ts";
import { serialStatements } from "./serial-statements.ts";
import { submissionStatements } from "./submission-statements.ts";

/** The statements on one connection. `now` is the ledger's clock. */
export function sqliteStatements(database: DatabaseSync, now: () => number): Statements {
  const clock = () => Math.trunc(now());
  return {
    ...identityStatements(database),
    ...lockStatements(database, clock),
    ...lotStatements(database, clock),
    ...absorbStatements(database),
    ...mintingStatements(database, clock),
    ...passwordStatements(database),
    ...keyPoolStatements(database),
    ...remintStatements(database, clock),
    ...serialStatements(database, clock),
    ...registrationStatements(database),
    ...submissionStatements(database, clock),
    ...revokingStatements(database, clock),
    ...revocationListStatements(database),
    ...pushStatements(database, clock),
    ...orderStatements(database, clock),
    ...receiptStatements(database, clock),
    ...readingStatements(database),
    ...lookingUpStatements(database),
    ...eventStatements(database),
  };
}
