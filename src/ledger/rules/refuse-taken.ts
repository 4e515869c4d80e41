import type { OnboardingError } from "../../domain/error.ts";
import { damaged } from "./damaged.ts";
import type { Statements } from "./statements.ts";

/** Throws the error that names the serial number which could not be added to the batch. */
export async function refuseTaken(on: Statements, batch: number, serialNumbers: readonly string[]): Promise<never> {
  const [taken] = await on.takenSerials(batch, serialNumbers);
  const repeated = serialNumbers.find((serialNumber, index) => serialNumbers.indexOf(serialNumber) < index);
  throw serialTaken(taken ?? repeated ?? "");
}

export function serialTaken(serialNumber: string): OnboardingError {
  return damaged(
    `serial number ${serialNumber} is taken and is never used again; the system's random numbers repeat, have that looked into`,
  );
}
