import { readFileSync } from "node:fs";

/** The ending of a shell's script. */
type Ending = "bash" | "zsh" | "fish" | "ps1";

/** How a shell's script holds the rows. */
const FORMS: Readonly<Record<Ending, (rows: readonly string[]) => string>> = {
  bash: (rows) => rows.join("\n"),
  zsh: (rows) => rows.join("\n"),
  fish: (rows) => rows.map((row) => `    '${row}'`).join(" \\\n"),
  ps1: (rows) => rows.map((row) => `    '${row}'`).join("\n"),
};

/** A shell's script from shells/, with the rows (`completionRows`) in it. Throws for a row that would end the quotes. */
export function fillShellScript(ending: Ending, rows: readonly string[]): string {
  const unquotable = rows.find((row) => /['\n]/.test(row));
  if (unquotable !== undefined) throw new Error(`a completion must not hold a quote: ${unquotable}`);
  const script = readFileSync(new URL(`./shells/lotmint.${ending}`, import.meta.url), "utf8");
  return script.replace("@ROWS@", () => FORMS[ending](rows));
}
