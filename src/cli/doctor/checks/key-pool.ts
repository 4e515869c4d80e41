import { isPoolLow } from "../../../domain/key-pool.ts";
import { nounFor } from "../../../domain/noun-for.ts";
import { poolState } from "../../../keystore/pool/open-pool.ts";
import { poolCounts } from "../../keys/fill-home-pool.ts";
import { type DoctorCheck, ok, warning } from "../doctor-check.ts";

/** Whether the key pool that lotmint.yaml asks for can be used, and holds enough. */
export const keyPoolCheck: DoctorCheck = {
  name: "key pool",
  look: async (context) => {
    const { home, secrets } = context;
    const wanted = context.site().keyPool;
    if (wanted === undefined) return [];
    const findings =
      secrets.poolPassphrase() === undefined
        ? [
            warning(
              "lotmint.yaml asks for a key pool, and its passphrase is not given: keys are made without it",
              "set LOTMINT_POOL_PASSPHRASE or LOTMINT_POOL_PASSPHRASE_FILE",
            ),
          ]
        : [];
    return context.withLedgerToRead(async (ledger) => {
      const identity = await ledger.identity();
      const state = poolState(home.keyPool, identity);
      if (state.kind === "foreign") {
        return [...findings, warning(`the key pool is not used: ${state.reason}`, "lotmint keys fill begins another")];
      }
      const counts = await poolCounts(home, wanted, identity, (act) => act(ledger));
      return [
        ...findings,
        ...counts.map(({ algorithm, available, wanted: most }) => {
          const message = `the key pool holds ${available} of ${most} ${nounFor(most, "key")} of ${algorithm}`;
          return isPoolLow(available, most) ? warning(message, "lotmint keys fill") : ok(message);
        }),
      ];
    });
  },
};
