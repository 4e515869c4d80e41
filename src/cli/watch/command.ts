import type { AddCommand } from "../command.ts";

/** `lotmint watch [--once]`: runs the lots that are dropped into input/ and those that are due. */
export const watchCommand: AddCommand = (line, runner) =>
  line.command(
    "watch",
    "Run what is dropped into input/ and what is due, all year",
    (command) =>
      command.option("once", {
        type: "boolean",
        default: false,
        describe: "Do what is there now and end, for cron and timers",
      }),
    runner("writes", async (args, context) => {
      const { watchHome } = await import("./watch-home.ts");
      return watchHome(args, context);
    }),
  );
