import { mayFollow, STAGES, type Stage } from "../../domain/stage.ts";

/** The stages that may come before this one, as the inside of an SQL `IN (...)`. */
export function stagesBefore(to: Stage): string {
  return STAGES.filter((from) => mayFollow(from, to))
    .map((stage) => `'${stage}'`)
    .join(", ");
}
