import { readFileSync } from "node:fs";
import type { AddCommand } from "../command.ts";
import { fileOfPackage } from "../file-of-package.ts";

const ENDINGS = { bash: "bash", zsh: "zsh", fish: "fish", powershell: "ps1" } as const;
type Shell = keyof typeof ENDINGS;
const SHELLS = Object.keys(ENDINGS) as Shell[];

/** `lotmint completion SHELL`: prints the script that lets a shell complete lotmint's command lines; `npm run reference` makes it. */
export const completionCommand: AddCommand = (line, runner) =>
  line.command(
    "completion <shell>",
    "Print the script that completes command lines in a shell",
    (command) => command.positional("shell", { choices: SHELLS, demandOption: true, describe: "The shell" }),
    runner("none", async ({ shell }, context) => {
      const script = readFileSync(fileOfPackage(`completions/lotmint.${ENDINGS[shell]}`), "utf8");
      context.printJson({ shell, script });
      context.print(script);
      return 0;
    }),
  );
