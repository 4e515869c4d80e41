import type { AddCommand } from "../command.ts";

/** `lotmint device ID | --serial HEX | --public-key SHA256`: all that is known of a device. */
export const deviceCommand: AddCommand = (line, runner) =>
  line.command(
    "device [id]",
    "Show all that is known of a device",
    (command) =>
      command
        .positional("id", { type: "string", describe: "The device's id" })
        .option("serial", {
          type: "string",
          requiresArg: true,
          describe: "Find it by the serial number of one of its certificates (hex)",
        })
        .option("public-key", {
          type: "string",
          requiresArg: true,
          describe: "Find it by its public key: SHA-256 (hex), or a file with the key, a certificate or a request",
        }),
    runner.looks(async (args, context) => {
      const { runDevice } = await import("./run-device.ts");
      return runDevice(args, context);
    }),
  );
