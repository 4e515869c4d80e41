import type { Ledger } from "../ledger.ts";
import { absorbRules } from "./absorb-manifest.ts";
import type { Engine } from "./engine.ts";
import { eventRules } from "./events.ts";
import { identityRules } from "./identity.ts";
import { keyPoolRules } from "./key-pool.ts";
import { lockRules } from "./locks.ts";
import { lookingUpRules } from "./looking-up.ts";
import { lotRules } from "./lots.ts";
import { mintingRules } from "./minting.ts";
import { orderRules } from "./orders.ts";
import { passwordRules } from "./passwords.ts";
import { readingRules } from "./reading.ts";
import { receiptRules } from "./receipts.ts";
import { registrationRules } from "./registration.ts";
import { remintingRules } from "./reminting.ts";
import { revocationListRules } from "./revocation-lists.ts";
import { revokingRules } from "./revoking.ts";
import { serialRules } from "./serials.ts";
import { submissionRules } from "./submission.ts";

/** The ledger's methods over an engine's transactions and statements. */
export function ledgerRules(engine: Engine): Omit<Ledger, "close"> {
  return {
    ...identityRules(engine),
    ...lockRules(engine),
    ...lotRules(engine),
    ...absorbRules(engine),
    ...mintingRules(engine),
    ...passwordRules(engine),
    ...keyPoolRules(engine),
    ...serialRules(engine),
    ...registrationRules(engine),
    ...submissionRules(engine),
    ...revokingRules(engine),
    ...remintingRules(engine),
    ...revocationListRules(engine),
    ...orderRules(engine),
    ...receiptRules(engine),
    ...readingRules(engine),
    ...lookingUpRules(engine),
    ...eventRules(engine),
  };
}
