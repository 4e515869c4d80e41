import { resolve } from "node:path";
import type { AddCommand } from "../command.ts";

/** `lotmint restore FILE`: into a home without state; then `check` takes in what the backup does not know. */
export const restoreCommand: AddCommand = (line, runner) =>
  line.command(
    "restore <file>",
    "Restore a backup into an empty home",
    (command) => command.positional("file", { type: "string", demandOption: true }),
    runner("makes", async ({ file }, context) => {
      const { restoreHome } = await import("../../run/backup/restore-home.ts");
      const { openLedger } = await import("../../ledger/sqlite/open-ledger.ts");
      const path = resolve(context.cwd, file);
      const { madeAt, ledgerHead } = await restoreHome({
        home: context.home,
        file: path,
        nowMs: context.now(),
        openLedger: (ledger) => openLedger(ledger, { now: context.now }),
      });
      context.printJson({ file: path, madeAt, ledgerHead });
      context.print(`Restored the state of ${madeAt}. What was signed after that is known to output/ alone: bring output/
back, run lotmint check LOT for each lot, and then go on; until then nothing is signed. lotmint status names the lots.`);
      return 0;
    }),
  );
