import type { AddCommand } from "../command.ts";
import { wholeNumber } from "../whole-number.ts";

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
          coerce: wholeNumber("sample", 1),
          describe: "Open only so many devices, chosen by chance",
        })
        .option("secrets-key", {
          type: "string",
          requiresArg: true,
          describe: "File with the private key that sealed passwords are opened with",
        })
        .option("platform", { type: "boolean", default: false, describe: "Ask the platform too" }),
    runner("writes", async (args, context) => {
      const { checkKnownLot } = await import("../check-known-lot.ts");
      return checkKnownLot(args, context);
    }),
  );
