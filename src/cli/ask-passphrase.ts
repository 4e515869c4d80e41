import type { Secrets } from "../config/secrets.ts";
import { OnboardingError } from "../domain/error.ts";
import { plainText } from "../report/plain-text.ts";

/** A terminal at which somebody may be asked, and the secrets that were given instead. */
export interface SecretSources {
  readonly secrets: Secrets;
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
}

const BACKSPACE = new Set(["\u0008", "\u007f"]);
const INTERRUPT = "\u0003";
const END = new Set(["\r", "\n", "\u0004"]);

/**
 * Asks on the terminal without showing what is typed. What comes after the line's end stays for the next question.
 * Throws `stopped` on Ctrl-C, and when the terminal is closed.
 */
export function askPassphrase(question: string, input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = "";
    const finish = (rest: string, settle: () => void) => {
      input.off("data", read);
      input.off("end", stop);
      input.setRawMode(false);
      input.pause();
      if (rest !== "") input.unshift(rest);
      output.write("\n");
      settle();
    };
    const stop = () =>
      finish("", () => reject(new OnboardingError("stopped at the passphrase prompt", { code: "stopped" })));
    const read = (text: string) => {
      let at = 0;
      for (const character of text) {
        at += character.length;
        if (character === INTERRUPT) return stop();
        if (END.has(character)) return finish(text.slice(at), () => resolve(typed));
        typed = BACKSPACE.has(character) ? [...typed].slice(0, -1).join("") : typed + character;
      }
    };
    output.write(plainText(question));
    input.setEncoding("utf8");
    input.setRawMode(true);
    input.on("data", read);
    input.once("end", stop);
    input.resume();
  });
}
