import type { AddCommand } from "../command.ts";

/** `lotmint report LOT`: writes a lot's reports again, from the ledger, and prints them. */
export const reportCommand: AddCommand = (line, runner) =>
  line.command(
    "report <lot>",
    "Rewrite a lot's reports and show its status",
    (command) => command.positional("lot", { type: "string", demandOption: true }),
    runner("writes", async ({ lot }, context) => {
      const { runReport } = await import("./run-report.ts");
      return runReport(lot, context);
    }),
  );
