import { foldLotName } from "../../domain/lot.ts";
import type { AskedBy, Orders } from "../orders.ts";
import type { Engine } from "./engine.ts";
import { SITE } from "./event-digest.ts";
import { findLotName } from "./find-lot-name.ts";
import { refuseHeld } from "./locks.ts";
import type { Statements } from "./statements.ts";

/** Stopping, resuming and sending again, each with its event in the site's chain when it changes anything. */
export function orderRules(engine: Engine): Orders {
  const { read, write } = engine;

  const change = (kind: string, lot: string, by: AskedBy, act: (on: Statements, spelled: string) => Promise<boolean>) =>
    write(async (on, append) => {
      const spelled = (await findLotName(on, lot)) ?? lot;
      const changed = await act(on, spelled);
      if (changed) append({ chain: SITE, kind, subject: spelled, detail: by });
      return changed;
    });

  return {
    stopLot: (lot, by, me) =>
      change("lot-stopped", lot, by, async (on, spelled) => {
        if (me !== undefined) await refuseHeld(on, engine, spelled, me);
        return on.addStop(foldLotName(spelled), spelled);
      }),
    resumeLot: (lot, by) => change("lot-resumed", lot, by, (on, spelled) => on.removeStop(foldLotName(spelled))),
    stoppedLots: () =>
      read(async (on) => {
        const stops = await on.stops();
        // A lot that was stopped before its first run may have got another spelling with that.
        return Promise.all(stops.map(async (stop) => ({ ...stop, lot: (await exactName(on, stop.lot)) ?? stop.lot })));
      }),
    askToSend: (lot, by) => change("send-asked", lot, by, (on, spelled) => on.addSend(foldLotName(spelled), spelled)),
    sendsAsked: () => read((on) => on.sends()),
    endSend: async (lot, exitCode) => {
      await write(async (on, append) => {
        if (!(await on.removeSend(foldLotName(lot)))) return;
        append({ chain: SITE, kind: "send-ended", subject: lot, detail: { exitCode } });
      });
    },
  };
}

async function exactName(on: Statements, lot: string): Promise<string | undefined> {
  if ((await on.lotNumber(lot)) !== undefined) return lot;
  const folded = foldLotName(lot);
  return (await on.lotNames()).find((name) => foldLotName(name) === folded);
}
