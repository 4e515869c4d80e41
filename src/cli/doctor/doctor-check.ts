import { strayDiskError } from "../../disk/disk-error.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { CliContext } from "../context.ts";

/** One thing that a check has found. */
export interface DoctorFinding {
  readonly name: string;
  /** warning: nothing fails yet. problem: something fails, or will. */
  readonly state: "ok" | "warning" | "problem";
  readonly message: string;
  /** What to do about it, as a sentence or a command. */
  readonly cure?: string;
}

/**
 * A check of `lotmint doctor`: looks, changes nothing, and takes bounded time. What it throws becomes a problem under its name.
 */
export interface DoctorCheck {
  readonly name: string;
  readonly look: (
    context: CliContext,
  ) => Promise<readonly Omit<DoctorFinding, "name">[]> | readonly Omit<DoctorFinding, "name">[];
}

/** Findings of one check, under its name. */
export async function findingsOf({ name, look }: DoctorCheck, context: CliContext): Promise<readonly DoctorFinding[]> {
  try {
    return (await look(context)).map((finding) => ({ name, ...finding }));
  } catch (cause) {
    const error = strayDiskError(cause);
    if (!(error instanceof OnboardingError)) throw error;
    if (error.code === "stopped") throw error;
    return [{ name, ...asProblem(error) }];
  }
}

/** An error of lotmint's own as a problem: the cure is what follows the first semicolon of its message. */
export function asProblem({ message }: OnboardingError): Omit<DoctorFinding, "name"> {
  return { state: "problem", ...splitCure(message) };
}

/** `what is wrong; what to do` in its two halves. */
export function splitCure(message: string): { readonly message: string; readonly cure?: string } {
  const at = message.indexOf("; ");
  return at === -1 ? { message } : { message: message.slice(0, at), cure: message.slice(at + 2) };
}

export function ok(message: string): Omit<DoctorFinding, "name"> {
  return { state: "ok", message };
}

export function warning(message: string, cure: string): Omit<DoctorFinding, "name"> {
  return { state: "warning", message, cure };
}

export function problem(message: string, cure: string): Omit<DoctorFinding, "name"> {
  return { state: "problem", message, cure };
}
