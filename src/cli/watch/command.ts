import type { AddCommand } from "../command.ts";

/** `lotmint watch [--once]`: runs the lots that are dropped into input/ and those that are due. */
export const watchCommand: AddCommand = (line, runner) =>
  line.command(
    "watch",
    "Run manifests dropped into input/ and scheduled jobs until stopped",
    (command) =>
      command.option("once", {
        type: "boolean",
        default: false,
        describe: "Process what is there now and exit, for cron and timers",
      }),
    runner("writes", async (args, context) => {
      const { watchHome } = await import("./watch-home.ts");
      return watchHome(args, context);
    }),
  );
