import type { AddCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";

/** `lotmint sandbox`: a stand-in platform on this machine, to try things on. */
export const sandboxCommand: AddCommand = (line, runner) =>
  line.command(
    "sandbox",
    "Run a simulated platform on this machine (loopback, TLS)",
    (command) =>
      command
        .option("port", {
          type: "number",
          default: 0,
          requiresArg: true,
          coerce: wholeNumber("port", 0, 65_535),
          describe: "Port; 0 chooses a free one",
        })
        .option("device-token-port", {
          type: "number",
          default: 0,
          requiresArg: true,
          describe: "Port of the device token endpoint",
        })
        .option("mqtt-port", { type: "number", default: 0, requiresArg: true, describe: "Port of the MQTT endpoint" })
        .option("trust", {
          type: "string",
          array: true,
          default: [] as string[],
          describe: "Authority whose certificate the sandbox trusts",
        }),
    runner("makes", async (args, context) => {
      const { runSandbox } = await import("./run-sandbox.ts");
      return runSandbox(args, context);
    }),
  );
