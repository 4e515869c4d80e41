import type { AddCommand } from "../command.ts";

/** `lotmint status [LOT]`: how far the lots have come. */
export const statusCommand: AddCommand = (line, runner) =>
  line.command(
    "status [lot]",
    "Show the status of the lots",
    (command) => command.positional("lot", { type: "string" }),
    runner.looks(async ({ lot }, context) => {
      const { runStatus } = await import("./run-status.ts");
      return runStatus(lot, context);
    }),
  );
