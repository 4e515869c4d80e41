import type { DatabaseSync } from "node:sqlite";
import type { OnboardingError } from "../domain/error.ts";
import { mayFollow, STAGES, type Stage } from "../domain/stage.ts";
import { damaged } from "./ledger-fault.ts";
import { prepare } from "./statement.ts";

/** The stages that may come before this one, as the inside of an SQL `IN (...)`. */
export function stagesBefore(to: Stage): string {
  return STAGES.filter((from) => mayFollow(from, to))
    .map((stage) => `'${stage}'`)
    .join(", ");
}

/** Makes the fault that names a device whose move touched no row; the statements themselves check the stage. */
export function moveRefusal(writer: DatabaseSync): (lot: number, externalId: string, to: Stage) => OnboardingError {
  const find = prepare<{ stage: Stage; name: string }>(
    writer,
    `SELECT devices.stage, lots.name FROM devices JOIN lots ON lots.id = devices.lot
     WHERE devices.lot = ? AND devices.external_id = ?`,
  );
  return (lot, externalId, to) => {
    const device = find.get(lot, externalId);
    return damaged(
      device === undefined
        ? `device ${externalId} is not in the lot and cannot become ${to}; run \`lotmint check\``
        : `device ${externalId} of lot ${device.name} is ${device.stage} and cannot become ${to}; run \`lotmint check\``,
    );
  };
}
