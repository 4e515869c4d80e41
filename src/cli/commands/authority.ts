import type { Argv } from "yargs";
import { KEY_ALGORITHMS, type KeyAlgorithm } from "../../domain/certificate.ts";
import type { AddCommand, CommandRunner, GlobalOptions } from "../command.ts";

/** `lotmint authority …`: the certificates that sign devices. */
export const authorityCommand: AddCommand = (line, runner) =>
  line.command("authority <action>", "Create, list, show and upload certificate authorities", (authority) =>
    addUpload(addShow(addList(addCreate(authority, runner), runner), runner), runner).demandCommand(
      1,
      "name what to do: create, list, show or upload",
    ),
  );

function addCreate(line: Argv<GlobalOptions>, runner: CommandRunner): Argv<GlobalOptions> {
  return line.command(
    "create <name>",
    "Make a root, or an intermediate under --issuer",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("issuer", {
          type: "string",
          requiresArg: true,
          describe: "Authority that signs it; none: self-signed root",
        })
        .option("subject", {
          type: "string",
          requiresArg: true,
          describe: "Distinguished name, CN=…,O=… (default CN=NAME)",
        })
        .option("key", { choices: KEY_ALGORITHMS, default: "ec-p256" as KeyAlgorithm, describe: "Key type" })
        .option("validity", {
          type: "string",
          requiresArg: true,
          describe: "365d, 20y, a date, or never (default: root 7300d, others 3650d)",
        })
        .option("path-length", { type: "number", requiresArg: true, describe: "Authorities allowed below it" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the new key's passphrase",
        })
        .option("issuer-passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the issuer's passphrase",
        }),
    runner(async (args, context) => {
      const { createNamedAuthority } = await import("../create-named-authority.ts");
      return createNamedAuthority(args, context);
    }),
  );
}

function addList(line: Argv<GlobalOptions>, runner: CommandRunner): Argv<GlobalOptions> {
  return line.command(
    "list",
    "List the authorities",
    (command) => command,
    runner(async (_args, context) => {
      const { listAuthorities } = await import("../../authority/load-authority.ts");
      const { authorityTable } = await import("../authority-text.ts");
      const authorities = listAuthorities(context.home);
      context.printJson(authorities);
      context.print(authorityTable(authorities));
      return 0;
    }),
  );
}

function addShow(line: Argv<GlobalOptions>, runner: CommandRunner): Argv<GlobalOptions> {
  return line.command(
    "show <name>",
    "Show one authority",
    (command) => command.positional("name", { type: "string", demandOption: true }),
    runner(async ({ name }, context) => {
      const { describeAuthority } = await import("../../authority/load-authority.ts");
      const { authorityText } = await import("../authority-text.ts");
      const authority = describeAuthority(context.home, name);
      const certificates = await context.withLedger((ledger) => ledger.countCertificates(name));
      context.printJson({ ...authority, certificates });
      context.print(authorityText(authority, certificates));
      return 0;
    }),
  );
}

function addUpload(line: Argv<GlobalOptions>, runner: CommandRunner): Argv<GlobalOptions> {
  return line.command(
    "upload <name>",
    "Make the platform trust an authority",
    (command) =>
      command.positional("name", { type: "string", demandOption: true }).option("auto-registration", {
        type: "boolean",
        default: false,
        describe: "Let unknown devices under it register themselves",
      }),
    runner(async (args, context) => {
      const { uploadNamedAuthority } = await import("../upload-named-authority.ts");
      return uploadNamedAuthority(args, context);
    }),
  );
}
