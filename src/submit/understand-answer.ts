import { nounFor } from "../domain/noun-for.ts";
import type { BulkAnswer } from "../domain/registration.ts";
import type { DeviceReject } from "../ledger/submission.ts";

/**
 * What a 201 says about the rows that were sent:
 * - complete: every row is either confirmed or rejected
 * - unattributed: some rows were rejected, and it does not say which; `rejected` are those that it names,
 *   `unnamed` the rows among which `unnamedRejects` more are (at least one, and not all)
 * - incomplete: its numbers contradict themselves or the file, so that it says nothing
 */
export type Understanding =
  | { readonly kind: "complete"; readonly confirmed: readonly string[]; readonly rejected: readonly DeviceReject[] }
  | {
      readonly kind: "unattributed";
      readonly rejected: readonly DeviceReject[];
      readonly unnamed: readonly string[];
      readonly unnamedRejects: number;
      /** Of the rows rejected without a name. */
      readonly reason: string;
    }
  | { readonly kind: "incomplete"; readonly message: string };

/** Never confirms more rows than the answer calls successful, nor any that it names as rejected. */
export function understandAnswer(sent: readonly string[], answer: BulkAnswer): Understanding {
  const { numberOfAll, numberOfSuccessful, numberOfFailed, failed } = answer;
  if (numberOfAll !== sent.length || numberOfSuccessful + numberOfFailed !== numberOfAll) {
    return {
      kind: "incomplete",
      message: `the platform counts ${numberOfAll} ${nounFor(numberOfAll, "row")}, ${numberOfSuccessful} successful and ${numberOfFailed} failed, where ${sent.length} were sent`,
    };
  }
  if (failed.length > numberOfFailed) {
    return {
      kind: "incomplete",
      message: `the platform lists ${failed.length} failed ${nounFor(failed.length, "row")}, but counts ${numberOfFailed}`,
    };
  }
  const waiting = new Set(sent);
  const rejected: DeviceReject[] = [];
  const nameless = new Set<string>();
  for (const { externalId, reason } of failed) {
    // An id that was not sent, or is named twice, explains no row of this file.
    if (externalId !== undefined && waiting.delete(externalId)) rejected.push({ externalId, reason });
    else nameless.add(reason);
  }
  const unnamed = [...waiting];
  // A list that is shorter than the count leaves rows without a name, too.
  const unnamedRejects = numberOfFailed - rejected.length;
  if (unnamedRejects === 0) return { kind: "complete", confirmed: unnamed, rejected };
  const reason = nameless.size === 0 ? "the platform gave no reason" : [...nameless].join("; or: ");
  if (unnamedRejects < unnamed.length) return { kind: "unattributed", rejected, unnamed, unnamedRejects, reason };
  // All the rest was rejected, so that it needs no names.
  const rest = unnamed.map((externalId) => ({ externalId, reason }));
  return { kind: "complete", confirmed: [], rejected: [...rejected, ...rest] };
}
