import { OnboardingError } from "../domain/error.ts";
import { askPassphrase } from "./ask-passphrase.ts";

const TRIES = 3;

export interface PassphraseQuestion {
  /** Shown before what is typed; states the rule that a new passphrase has to keep. */
  readonly question: string;
  /** Asks for it a second time, so that no slip of a finger is encrypted with. */
  readonly confirm: boolean;
  /** Why what was typed cannot be taken, as a sentence; undefined when it can. */
  readonly problem: (typed: string) => string | undefined;
  /** What ends the command after the last try. */
  readonly giveUp: (problem: string) => OnboardingError;
}

/**
 * Asks for a passphrase on the terminal, three times at most: one that breaks the rule, or differs from its repetition,
 * is asked for again and the reason is told. Throws `stopped` on Ctrl-C.
 */
export async function askPassphraseAgain(
  { question, confirm, problem, giveUp }: PassphraseQuestion,
  input: NodeJS.ReadStream,
  output: NodeJS.WriteStream,
): Promise<string> {
  for (let tried = 1; ; tried += 1) {
    const typed = await askPassphrase(question, input, output);
    const found =
      problem(typed) ??
      (confirm && typed !== (await askPassphrase("Repeat the passphrase: ", input, output))
        ? "the two passphrases differ"
        : undefined);
    if (found === undefined) return typed;
    if (tried === TRIES) throw giveUp(found);
    output.write(`${found.charAt(0).toUpperCase()}${found.slice(1)}; try again.\n`);
  }
}

/** The error after three tries at a new passphrase: nothing was begun. */
export function noPassphraseSet(what: string): (problem: string) => OnboardingError {
  return (problem) =>
    new OnboardingError(`no ${what} was set after ${TRIES} tries: ${problem}; nothing was done`, { code: "usage" });
}
