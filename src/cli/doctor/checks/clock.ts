import { checkClock } from "../../../run/lot/check-clock.ts";
import { type DoctorCheck, ok } from "../doctor-check.ts";

/** This machine's clock beside the ledger's newest signature; the platform's clock is looked at with the platform. */
export const clockCheck: DoctorCheck = {
  name: "clock",
  look: async ({ now, withLedgerToRead }) => {
    checkClock(now(), await withLedgerToRead((ledger) => ledger.lastSignedAtMs()), undefined);
    return [ok(new Date(now()).toISOString())];
  },
};
