import type { AddCommand } from "../command.ts";

/** `lotmint sandbox`: a stand-in platform on this machine, to try things on. */
export const sandboxCommand: AddCommand = (line, runner) =>
  line.command(
    "sandbox",
    "Run a stand-in platform on loopback, over TLS",
    (command) =>
      command
        .option("port", { type: "number", default: 0, requiresArg: true, describe: "Port; 0 takes a free one" })
        .option("trust", {
          type: "string",
          array: true,
          default: [] as string[],
          describe: "Authority to trust from the start",
        }),
    runner(async (args, context) => {
      const { runSandbox } = await import("../run-sandbox.ts");
      return runSandbox(args, context);
    }),
  );
