import type { AddCommand } from "../command.ts";

/** `lotmint check LOT`: opens and compares what a lot has produced. */
export const checkCommand: AddCommand = (line, runner) =>
  line.command(
    "check <lot>",
    "Open every keystore of a lot and compare it with the ledger",
    (command) =>
      command
        .positional("lot", { type: "string", demandOption: true })
        .option("sample", {
          type: "number",
          requiresArg: true,
          describe: "Open only so many devices, chosen by chance",
        })
        .option("platform", { type: "boolean", default: false, describe: "Ask the platform too" }),
    runner(async (args, context) => {
      const { checkKnownLot } = await import("../check-known-lot.ts");
      return checkKnownLot(args, context);
    }),
  );
