import type { Identity, LedgerIdentity } from "../identity.ts";
import type { Engine } from "./engine.ts";
import { SITE } from "./event-digest.ts";
import type { GenerationRow } from "./statements/identity.ts";

/** Whose ledger this is. */
export function identityRules({ read, write }: Engine): Identity {
  return {
    identity: () => read(async (on) => identityOf(await on.generations())),
    openGeneration: () =>
      write(async (on, append) => {
        await on.addGeneration();
        // Receipts of the generation before may be kept elsewhere: their numbers are not given again.
        await on.startReceipts();
        const identity = identityOf(await on.generations());
        const detail = { generation: identity.generation };
        append({ chain: SITE, kind: "generation-opened", subject: identity.ledger, detail });
        return identity;
      }),
  };
}

function identityOf(rows: readonly GenerationRow[]): LedgerIdentity {
  const [present, ...earlier] = rows;
  return {
    ledger: present?.ledger ?? "",
    generation: present?.token ?? "",
    earlier: earlier.map(({ token }) => token),
  };
}
