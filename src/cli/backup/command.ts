import { resolve } from "node:path";
import { nounFor } from "../../domain/noun-for.ts";
import { plainText } from "../../report/plain-text.ts";
import type { AddCommand } from "../command.ts";

/** `lotmint backup FILE`: ledger, authorities and lots' copies in one file, while runs go on. */
export const backupCommand: AddCommand = (line, runner) =>
  line.command(
    "backup <file>",
    "Back up the ledger, the authorities and the lots' job copies into one file",
    (command) => command.positional("file", { type: "string", demandOption: true }),
    runner("writes", async ({ file }, context) => {
      const { backupHome } = await import("../../run/backup/backup-home.ts");
      const path = resolve(context.cwd, file);
      const contents = await context.withLedger((ledger) => backupHome(context.home, ledger, path, context.now()));
      const files = Object.keys(contents.files).length;
      const { readableAuthorities } = await import("../../authority/load-authority.ts");
      const inTokens = readableAuthorities(context.home).flatMap(({ name, hsm }) => (hsm === undefined ? [] : [name]));
      context.printJson({ file: path, madeAt: contents.madeAt, ledgerHead: contents.ledgerHead, files, inTokens });
      context.print(`${plainText(path)}: ${files} ${nounFor(files, "file")}, ledger up to event ${contents.ledgerHead.slice(0, 16)}…
Authorities' keys in it are encrypted as they are here; keep their passphrases apart from it.
Not in it: output/, which holds the devices' keys and passwords.${inTokens.length === 0 ? "" : `\nNot in it: the keys of ${inTokens.join(", ")}, which are in tokens; back those up as their makers say.`}`);
      return 0;
    }),
  );
