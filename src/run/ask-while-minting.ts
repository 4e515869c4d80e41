import type { Job } from "../domain/job.ts";
import { retrying } from "../platform/retrying.ts";
import { askPresence, type PresenceOutcome } from "../submit/ask-collisions.ts";
import type { LotAtWork } from "./lot/lot-at-work.ts";
import type { LotPreflight } from "./lot/preflight-lot.ts";
import { type RunTools, retryPolicy } from "./lot/run-tools.ts";

/** Questions for collisions that go on beside minting. */
export interface AskingBeside {
  /** Waits until all are answered, or the platform has fallen silent. Throws the ledger's errors, such as `lot-held`. */
  readonly done: () => Promise<void>;
  /** Breaks off what is still under way, waits for that, and throws nothing: for a run that ends early. */
  readonly stop: () => Promise<void>;
}

/**
 * Begins to ask the platform for the lot's devices, while they are minted. Undefined when nothing is to be asked, or
 * the platform could not be reached. A question that is left without an answer ends it: what is left is
 * asked for at submission, which also says so when the platform refuses.
 */
export function askWhileMinting(
  tools: RunTools,
  { lease, job, walk }: LotAtWork,
  lotPreflight: LotPreflight | undefined,
): AskingBeside | undefined {
  if (lotPreflight?.tenant === undefined || !asksPlatform(job)) return undefined;
  const end = new AbortController();
  const halted = AbortSignal.any([tools.signal, end.signal]);
  const { ledger, log } = tools;
  const platform = retrying(lotPreflight.platform, { ...retryPolicy(tools), signal: halted });
  const asked = walk.room("collisions", () =>
    askPresence({ ledger, lease, platform, halted }, devicesOf(ledger.unaskedDevices(lease.lot))),
  );
  // Looked at by `done`; a run that fails before that has an error of its own.
  asked.catch(() => undefined);
  const tell = ({ rejected, silent }: PresenceOutcome) => {
    if (rejected > 0) walk.progressed();
    if (silent === undefined || halted.aborted) return;
    log.debug({ lot: lease.lot }, `${silent.message}; the other devices are asked for at submission`);
  };
  return {
    done: async () => tell(await asked),
    stop: async () => {
      end.abort();
      await asked.catch(() => undefined);
    },
  };
}

function asksPlatform({ registration, submit }: Job): boolean {
  return registration.mode === "bulk" && submit.collisions === "platform";
}

async function* devicesOf<Device>(pages: AsyncIterable<readonly Device[]>): AsyncGenerator<Device> {
  for await (const page of pages) yield* page;
}
