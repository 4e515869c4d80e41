import type { OnboardingError } from "../../domain/error.ts";
import type { Stage } from "../../domain/stage.ts";
import { damaged } from "./damaged.ts";
import type { Statements } from "./statements.ts";

/**
 * Throws unless every device that was asked for was moved, each once: the error names the first that was not, and
 * its stage. The statements themselves check the stage.
 */
export async function requireMoved(
  on: Statements,
  lot: number,
  asked: readonly string[],
  moved: readonly string[],
  to: Stage,
): Promise<void> {
  if (moved.length === asked.length) return;
  const left = new Set(moved);
  const refused = asked.find((externalId) => !left.delete(externalId)) ?? "";
  throw await moveRefusal(on, lot, refused, to);
}

/** The error about one device that cannot move. */
export async function moveRefusal(
  on: Statements,
  lot: number,
  externalId: string,
  to: Stage,
): Promise<OnboardingError> {
  const [device] = await on.stagesOf(lot, [externalId]);
  return damaged(
    device === undefined
      ? `device ${externalId} is not in the lot and cannot become ${to}; run \`lotmint check\``
      : `device ${externalId} of lot ${device.lot} is ${device.stage} and cannot become ${to}; run \`lotmint check\``,
  );
}
