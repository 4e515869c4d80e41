import { createInterface } from "node:readline/promises";
import { OnboardingError } from "../domain/error.ts";
import { plainText } from "../report/plain-text.ts";

/** Asks on the terminal; only y or yes is a yes. Throws `stopped` on Ctrl-C. */
export async function askYesNo(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const terminal = createInterface({ input, output });
  const interrupted = new AbortController();
  terminal.once("SIGINT", () => interrupted.abort());
  // A terminal that is closed says no.
  terminal.once("close", () => interrupted.abort("closed"));
  try {
    return /^y(es)?$/i.test(
      (await terminal.question(`${plainText(question)} [y/N] `, { signal: interrupted.signal })).trim(),
    );
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    if (interrupted.signal.reason === "closed") return false;
    throw new OnboardingError("stopped at the question", { code: "stopped", cause: error });
  } finally {
    terminal.close();
  }
}
