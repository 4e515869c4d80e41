import { EXIT } from "../../domain/exit-code.ts";
import type { LotHead } from "../../ledger/reading.ts";
import { lotState } from "../../report/lot-state.ts";
import type { WatchedWork } from "../../watch/watch-control.ts";
import type { PageState } from "../model.ts";
import type { Ended } from "../watch-record.ts";

/** What is known of a lot, or of a file that has none yet. */
export interface KnownOfLot {
  readonly head: LotHead | undefined;
  /** What the watcher has of it under its hand. */
  readonly work: WatchedWork | undefined;
  /** An operator has stopped it. */
  readonly stopped: boolean;
  /** A run beside the watcher holds it. */
  readonly heldElsewhere: boolean;
}

/** How a lot stands: what the watcher does with it now goes before how its last run ended. */
export function lotStateOf({ head, work, stopped, heldElsewhere }: KnownOfLot): PageState {
  if (work?.state === "running" || work?.state === "stopping") return "running";
  if (stopped || work?.state === "stopped") return "stopped";
  if (heldElsewhere) return "running";
  if (work !== undefined) return "waiting";
  if (head?.lastExitCode === EXIT.done) return "done";
  return head?.lastExitCode === EXIT.rejected ? "partial" : "failed";
}

/** Why a lot waits or has failed; null where nothing has to be said. */
export function lotProblemOf(state: PageState, known: KnownOfLot, ended: Ended | undefined): string | null {
  const { head, work } = known;
  if (state === "waiting") return sentence(work?.reason ?? null);
  if (state !== "failed") return null;
  const code = head?.lastExitCode ?? null;
  if (ended !== undefined && (code === null || ended.outcome.exitCode === code)) {
    const { problem } = ended.outcome;
    if (problem !== undefined) return sentence(problem);
  }
  if (code === null) return "its run was broken off; run it again";
  const { word, advice } = lotState(code);
  return sentence(`${word}: ${advice}`);
}

function sentence(text: string | null): string | null {
  return text === null ? null : text.trim().replace(/\.$/, "");
}
