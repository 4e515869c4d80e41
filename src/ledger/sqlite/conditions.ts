import { mayFollow, STAGES, type Stage } from "../../domain/stage.ts";

/** The stages that may come before this one, as the inside of an SQL `IN (...)`. */
export function stagesBefore(to: Stage): string {
  return STAGES.filter((from) => mayFollow(from, to))
    .map((stage) => `'${stage}'`)
    .join(", ");
}

/** A batch's certificates are added in one statement, so their row numbers are a span and need no index. ?1 is the batch. */
export const IN_BATCH = `id BETWEEN (SELECT first_certificate FROM batches WHERE number = ?1)
                 AND (SELECT last_certificate FROM batches WHERE number = ?1)`;
