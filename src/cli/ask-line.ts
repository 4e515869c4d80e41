import { createInterface } from "node:readline/promises";
import { OnboardingError } from "../domain/error.ts";
import { plainText } from "../report/plain-text.ts";

const TRIES = 3;

/** Asks for a line of text. */
export interface LineQuestion {
  readonly question: string;
  /** What an empty line means, shown in brackets; absent: nothing. */
  readonly byDefault?: string;
  /** Why an answer cannot be taken, as a sentence; undefined when it can. */
  readonly problem?: (answer: string) => string | undefined;
}

/**
 * Asks on the terminal, three times at most; without surrounding blanks. Throws `stopped` on Ctrl-C and when the
 * terminal is closed, `usage` after three answers that cannot be taken.
 */
export async function askLine(
  { question, byDefault = "", problem = () => undefined }: LineQuestion,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<string> {
  const shown = `${plainText(question)}${byDefault === "" ? "" : ` [${plainText(byDefault)}]`}: `;
  for (let tried = 1; ; tried += 1) {
    const typed = (await readLine(shown, input, output)).trim();
    const answer = typed === "" ? byDefault : typed;
    const found = problem(answer);
    if (found === undefined) return answer;
    if (tried === TRIES) throw new OnboardingError(`${found}; nothing was done`, { code: "usage" });
    output.write(`${plainText(found)}; try again.\n`);
  }
}

async function readLine(shown: string, input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Promise<string> {
  const terminal = createInterface({ input, output });
  const interrupted = new AbortController();
  terminal.once("SIGINT", () => interrupted.abort());
  terminal.once("close", () => interrupted.abort());
  try {
    return await terminal.question(shown, { signal: interrupted.signal });
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    throw new OnboardingError("stopped at the question", { code: "stopped", cause: error });
  } finally {
    terminal.close();
  }
}
