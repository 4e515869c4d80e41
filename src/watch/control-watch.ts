import { OnboardingError } from "../domain/error.ts";
import { foldLotName } from "../domain/lot.ts";
import type { ChangeFeed } from "./change-feed.ts";
import type { LotStops } from "./lot-stops.ts";
import { placeDrop } from "./place-drop.ts";
import type { Actor, WatchControl } from "./watch-control.ts";
import type { WatchOptions } from "./watch-options.ts";
import type { WorkDesk } from "./work-desk.ts";

export interface ControlTools {
  readonly desk: WorkDesk;
  readonly stops: LotStops;
  readonly feed: ChangeFeed;
  /** Called when a lot was asked to be sent again. */
  readonly sendAsked: () => void;
  /** Called when there is something new in the drop folder. */
  readonly ring: () => void;
}

/** What can be done with a watcher while it runs. Each act is recorded before it takes effect. */
export function controlWatch(options: WatchOptions, tools: ControlTools): WatchControl {
  const { drop, calls, log, now } = options;
  const { orders } = calls;
  const { desk, stops, feed } = tools;

  /** As it is spelled in the ledger, else by a file that waits for its first run, else where it was stopped. */
  async function spelled(lot: string): Promise<string> {
    const folded = foldLotName(lot);
    const isIt = (name: string | null) => name !== null && foldLotName(name) === folded;
    const known =
      (await orders.spelled(lot)) ??
      desk.works.find((work) => isIt(work.lot))?.lot ??
      (await orders.stoppedLots()).find(isIt);
    if (known !== undefined && known !== null) return known;
    throw new OnboardingError(`there is no lot ${JSON.stringify(lot)}, and no file that waits is of one`, {
      code: "usage",
    });
  }

  return {
    works: () => desk.works,
    stopped: () => orders.stoppedLots(),
    subscribe: feed.subscribe,
    stop: async (asked, by) => {
      const lot = await spelled(asked);
      const before = stops.has(lot);
      // First of all nothing more of it is begun.
      stops.add(lot);
      try {
        await orders.stopLot(lot, by, desk.runs(lot));
      } catch (error) {
        if (!before) stops.remove(lot);
        tools.ring();
        throw error;
      }
      log.info({ lot, ...actorFields(by) }, `lot ${lot} is stopped until it is resumed`);
      desk.halt(lot);
    },
    resume: async (asked, by) => {
      const lot = await spelled(asked);
      await orders.resumeLot(lot, by);
      stops.remove(lot);
      log.info({ lot, ...actorFields(by) }, `lot ${lot} goes on`);
      desk.resume(lot);
    },
    sendAgain: async (asked, by) => {
      const lot = await spelled(asked);
      await orders.askToSend(lot, by);
      log.info({ lot, ...actorFields(by) }, `lot ${lot} is to be sent again`);
      tools.sendAsked();
    },
    drop: async (path, name, by) => {
      const placed = await placeDrop(path, name, {
        input: drop.input,
        now: new Date(now()),
        record: (file) => orders.recordDrop(file, by),
      });
      log.info({ file: placed, ...actorFields(by) }, `${placed} was dropped into input/`);
      tools.ring();
      return { name: placed };
    },
    schedules: () => calls.schedules(),
  };
}

/** Who asks, for a log or an event: field by field, so that nothing else that an actor may carry comes into it. */
export function actorFields({ via, who, address }: Actor): Readonly<Record<string, string>> {
  return { via, who, address };
}
