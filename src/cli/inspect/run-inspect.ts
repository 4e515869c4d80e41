import { resolve } from "node:path";
import { readForeignFile } from "../../authority/foreign/foreign-file.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT, exitCodeOf } from "../../domain/exit-code.ts";
import { inspectFile, MOST_INSPECTED_OCTETS } from "../../lookup/inspect/inspect-file.ts";
import type { Inspection } from "../../lookup/inspect/inspection.ts";
import type { CliContext } from "../context.ts";
import { filePasswords } from "./file-passwords-of.ts";
import { inspectionText } from "./inspection-text.ts";

/** `lotmint inspect`: what the file is is told in any case; that it could not be opened is `usage`. */
export async function runInspect(file: string, context: CliContext): Promise<number> {
  const path = resolve(context.cwd, file);
  const inspection = await inspect(path, context);
  const { problem } = inspection;
  const error = problem === undefined ? undefined : new OnboardingError(closedText(path, problem), { code: "usage" });
  context.printJson(
    error === undefined ? inspection : { ...inspection, error: { code: error.code, message: error.message } },
  );
  context.print(inspectionText(path, inspection, context));
  if (error === undefined) return EXIT.done;
  context.log.error({ code: error.code }, error.message);
  return exitCodeOf(error);
}

async function inspect(path: string, context: CliContext): Promise<Inspection> {
  const octets = readForeignFile(path, MOST_INSPECTED_OCTETS);
  try {
    return await inspectFile(octets, filePasswords(path, context));
  } catch (cause) {
    if (!(cause instanceof OnboardingError) || cause.code !== "usage") throw cause;
    throw new OnboardingError(`${path}: ${cause.message}`, { code: "usage", cause });
  }
}

function closedText(path: string, { kind, message }: NonNullable<Inspection["problem"]>): string {
  const cure =
    kind === "password-needed"
      ? "; set LOTMINT_FILE_PASSWORD or LOTMINT_FILE_PASSWORD_FILE"
      : kind === "password-wrong"
        ? "; give the right one in LOTMINT_FILE_PASSWORD or LOTMINT_FILE_PASSWORD_FILE"
        : "";
  return `${path}: ${message}${cure}`;
}
