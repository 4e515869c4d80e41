import type { AddCommand } from "../command.ts";

/** `lotmint authority show NAME`: what is here, and what the platform has. */
export const showCommand: AddCommand = (line, runner) =>
  line.command(
    "show <name>",
    "Show one authority and its state on the platform",
    (command) =>
      command.positional("name", { type: "string", demandOption: true }).option("platform", {
        type: "boolean",
        describe: "Compare with the platform (default: if lotmint.yaml names one and a login is given)",
      }),
    runner("reads", async (args, context) => {
      const { runShow } = await import("./run-show.ts");
      return runShow(args, context);
    }),
  );
