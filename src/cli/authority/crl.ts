import type { AddCommand } from "../command.ts";

/** `lotmint authority crl NAME`. */
export const crlCommand: AddCommand = (line, runner) =>
  line.command(
    "crl <name>",
    "Write an authority's revocation list",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("push", { type: "boolean", default: false, describe: "Push its serial numbers to the platform" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the authority's passphrase",
        }),
    runner("writes", async (args, context) => {
      const { runCrl } = await import("./run-crl.ts");
      return runCrl(args, context);
    }),
  );
