import type { AddCommand } from "../command.ts";

/** `lotmint receipt [LOT]`, `lotmint receipt verify FILE`: signed records of what runs completed. */
export const receiptCommand: AddCommand = (line, runner) =>
  line.command(
    "receipt [lot]",
    "Show a lot's receipts and verify them",
    (command) =>
      command
        .positional("lot", { type: "string", describe: "The lot (default: list all receipts and verify their chain)" })
        .command(
          "verify <file>",
          "Verify a receipt by its signature, the chain of receipts and its devices",
          (verify) =>
            verify
              .hide("lot")
              .positional("file", { type: "string", demandOption: true, describe: "receipt.json or receipt.p7s" })
              .option("ca", {
                type: "string",
                requiresArg: true,
                describe: "PEM file with the trusted root (default: the one of the home's authority)",
              }),
          runner("none", async ({ file, ca }, context) => {
            const { runVerify } = await import("./run-verify.ts");
            return runVerify({ file, ca }, context);
          }),
        ),
    runner("reads", async ({ lot }, context) => {
      const { runReceipts } = await import("./run-receipts.ts");
      return runReceipts(lot, context);
    }),
  );
