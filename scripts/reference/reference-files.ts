import { completionRows } from "./completion-rows.ts";
import { describeCommands } from "./describe-commands.ts";
import { fillShellScript } from "./fill-shell-script.ts";
import { manualPage } from "./manual-page.ts";
import { referencePage } from "./reference-page.ts";

/** Every file that is made from the commands, by its path in the project. */
export function referenceFiles(): Readonly<Record<string, string>> {
  const root = describeCommands();
  const rows = completionRows(root);
  return {
    "docs/reference.md": referencePage(root),
    "docs/lotmint.1": manualPage(root),
    "completions/lotmint.bash": fillShellScript("bash", rows),
    "completions/lotmint.zsh": fillShellScript("zsh", rows),
    "completions/lotmint.fish": fillShellScript("fish", rows),
    "completions/lotmint.ps1": fillShellScript("ps1", rows),
  };
}
