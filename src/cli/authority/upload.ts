import type { AddCommand } from "../command.ts";

/** `lotmint authority upload NAME`: the platform trusts it. */
export const uploadCommand: AddCommand = (line, runner) =>
  line.command(
    "upload <name>",
    "Upload an authority's certificate to the platform as a trusted certificate",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("auto-registration", {
          type: "boolean",
          default: false,
          describe: "Allow devices with its certificates to register themselves (auto registration)",
        })
        .option("prove", { type: "boolean", default: false, describe: "Prove possession of its private key" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the authority's passphrase, for --prove",
        }),
    runner("writes", async (args, context) => {
      const { runUpload } = await import("./run-upload.ts");
      return runUpload(args, context);
    }),
  );
