import type { AddCommand } from "../command.ts";

/** `lotmint authority upload NAME`: the platform trusts it. */
export const uploadCommand: AddCommand = (line, runner) =>
  line.command(
    "upload <name>",
    "Make the platform trust an authority",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("auto-registration", {
          type: "boolean",
          default: false,
          describe: "Let unknown devices under it register themselves",
        })
        .option("prove", { type: "boolean", default: false, describe: "Prove possession of its key as well" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with its passphrase, for --prove",
        }),
    runner("writes", async (args, context) => {
      const { runUpload } = await import("./run-upload.ts");
      return runUpload(args, context);
    }),
  );
