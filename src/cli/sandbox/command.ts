import type { AddCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";

/** `lotmint sandbox`: a stand-in platform on this machine, to try things on. */
export const sandboxCommand: AddCommand = (line, runner) =>
  line.command(
    "sandbox",
    "Run a stand-in platform on loopback, over TLS",
    (command) =>
      command
        .option("port", {
          type: "number",
          default: 0,
          requiresArg: true,
          coerce: wholeNumber("port", 0, 65_535),
          describe: "Port; 0 takes a free one",
        })
        .option("device-token-port", {
          type: "number",
          default: 0,
          requiresArg: true,
          describe: "Port for devices' tokens",
        })
        .option("mqtt-port", { type: "number", default: 0, requiresArg: true, describe: "Port for MQTT" })
        .option("trust", {
          type: "string",
          array: true,
          default: [] as string[],
          describe: "Authority to trust from the start",
        }),
    runner("makes", async (args, context) => {
      const { runSandbox } = await import("./run-sandbox.ts");
      return runSandbox(args, context);
    }),
  );
