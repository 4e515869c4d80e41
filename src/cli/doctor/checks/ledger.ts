import { existsSync } from "node:fs";
import { nounFor } from "../../../domain/noun-for.ts";
import { isRestored } from "../../../run/lot/restored-home.ts";
import { type DoctorCheck, ok, warning } from "../doctor-check.ts";

/** Whether the ledger opens and its events are linked. */
export const ledgerCheck: DoctorCheck = {
  name: "ledger",
  look: async ({ home, withLedgerToRead }) => {
    const lots = await withLedgerToRead(async (ledger) => {
      await ledger.verifyLinks();
      return (await ledger.lots()).length;
    });
    if (!existsSync(home.ledger)) return [ok("there is none yet")];
    if (!isRestored(home)) return [ok(`its chain of events is whole; ${lots} ${nounFor(lots, "lot")}`)];
    return [
      warning(
        "this home was restored from a backup, and not every lot in output/ has been checked since: nothing is signed before",
        "lotmint check LOT, for each lot in output/",
      ),
    ];
  },
};
