import type { AddCommand } from "../command.ts";

/** `lotmint submit LOT`: sends what is not confirmed, and what the platform rejected before. */
export const submitCommand: AddCommand = (line, runner) =>
  line.command(
    "submit <lot>",
    "Send the registrations that the platform has not confirmed",
    (command) => command.positional("lot", { type: "string", demandOption: true }),
    runner("writes", async ({ lot }, context) => {
      const { runSubmit } = await import("./run-submit.ts");
      return runSubmit(lot, context);
    }),
  );
