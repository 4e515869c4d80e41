import { existsSync } from "node:fs";
import { currentLockOwner } from "../../ledger/lock-owner.ts";
import { requireLot } from "../../run/lot/record-job.ts";
import { actorFields } from "../../watch/control-watch.ts";
import type { OrderCalls } from "../../watch/watch-options.ts";
import type { CliContext } from "../context.ts";
import { requestToSend } from "../submit/run-submit.ts";
import type { SharedLedger } from "./share-ledger.ts";

/** What the watcher is asked for, kept in the ledger together with its event. A home without a ledger has none of it. */
export function watchOrders(context: CliContext, ledgers: SharedLedger): OrderCalls {
  const { home } = context;
  const ask = <T>(act: Parameters<typeof ledgers.use<T>>[0], none: T): Promise<T> =>
    existsSync(home.ledger) ? ledgers.use(act) : Promise.resolve(none);
  return {
    spelled: (lot) => ask((ledger) => ledger.lotName(lot), undefined),
    stoppedLots: () => ask(async (ledger) => (await ledger.stoppedLots()).map(({ lot }) => lot), []),
    stopLot: async (lot, by, runsHere) => {
      await ledgers.use((ledger) => ledger.stopLot(lot, actorFields(by), runsHere ? undefined : currentLockOwner()));
    },
    resumeLot: async (lot, by) => {
      await ledgers.use((ledger) => ledger.resumeLot(lot, actorFields(by)));
    },
    askToSend: async (name, by) => {
      await ledgers.use(async (ledger) => {
        const { lot } = await requestToSend(ledger, name, context);
        await ledger.askToSend(lot, actorFields(by));
      });
    },
    sendsAsked: () =>
      ask(async (ledger) => {
        const lots = await ledger.sendsAsked();
        return Promise.all(lots.map(async (name) => ({ lot: name, job: (await requireLot(ledger, name)).job.name })));
      }, []),
    endSend: (lot, exitCode) => ledgers.use((ledger) => ledger.endSend(lot, exitCode)),
    recordDrop: (file, by) =>
      ledgers.use((ledger) =>
        ledger.recordEvent({
          kind: "manifest-dropped",
          subject: file.name,
          detail: { sha256: file.sha256, ...actorFields(by) },
        }),
      ),
  };
}
