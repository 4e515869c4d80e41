import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { sandboxLayout } from "../../disk/layout.ts";
import type { CliContext } from "../context.ts";
import { sampleLot } from "./home-texts.ts";
import type { HomePlan } from "./make-home.ts";

/** A command that comes next, and what it does. */
export interface NextCommand {
  readonly command: string;
  readonly what: string;
}

/** What to do in the home now, in this order, up to the first lot. */
export function nextCommands({ job, issuer, root }: HomePlan, context: CliContext): readonly NextCommand[] {
  const { home, cwd } = context;
  const { platform } = context.site();
  const sandbox = sandboxLayout(home);
  const isSandbox = platform !== undefined && platform.caFile === sandbox.ca;
  const lot = sampleLot(job);
  const hasSample = existsSync(join(home.input, `${lot}.csv`));
  const away = relative(cwd, home.root) !== "";
  return [
    ...(away ? [{ command: `cd ${shellWord(home.root)}`, what: "or give --home to each command" }] : []),
    ...(isSandbox
      ? [
          { command: "lotmint sandbox", what: "in a second terminal, there too; runs until Ctrl-C" },
          {
            command: `export LOTMINT_PLATFORM_PASSWORD_FILE=${shellWord(sandbox.password)}`,
            what: "the sandbox's password",
          },
        ]
      : []),
    { command: "lotmint doctor", what: "check the home and what it needs" },
    ...(platform !== undefined && !isSandbox
      ? [{ command: `lotmint authority upload ${root ?? issuer} --prove`, what: "let the platform trust devices" }]
      : []),
    { command: `lotmint plan ${job}`, what: "what a run would do" },
    { command: `lotmint run ${job}`, what: hasSample ? `make the lot ${lot} from the sample manifest` : "do it" },
    ...(isSandbox && hasSample ? [{ command: `lotmint rehearse ${lot}`, what: "let its devices connect" }] : []),
  ];
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
