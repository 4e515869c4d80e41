import { OnboardingError } from "../domain/error.ts";
import { plainText } from "../report/plain-text.ts";

const BACKSPACE = new Set(["\u0008", "\u007f"]);
const INTERRUPT = "\u0003";
const END = new Set(["\r", "\n", "\u0004"]);

/** Asks on the terminal without showing what is typed. Throws `stopped` on Ctrl-C. */
export function askPassphrase(question: string, input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = "";
    const finish = (settle: () => void) => {
      input.off("data", read);
      input.setRawMode(false);
      input.pause();
      output.write("\n");
      settle();
    };
    const read = (text: string) => {
      for (const character of text) {
        if (character === INTERRUPT) {
          return finish(() => reject(new OnboardingError("stopped at the passphrase prompt", { code: "stopped" })));
        }
        if (END.has(character)) return finish(() => resolve(typed));
        typed = BACKSPACE.has(character) ? typed.slice(0, -1) : typed + character;
      }
    };
    output.write(plainText(question));
    input.setEncoding("utf8");
    input.setRawMode(true);
    input.resume();
    input.on("data", read);
  });
}
