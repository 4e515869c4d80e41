import type { AddCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";

/** `lotmint rehearse LOT`: lets devices connect to the platform with what stands in their folders. */
export const rehearseCommand: AddCommand = (line, runner) =>
  line.command(
    "rehearse <lot>",
    "Connect to the platform with the devices' own keystores, as they will in the field",
    (command) =>
      command
        .positional("lot", { type: "string", demandOption: true })
        .option("sample", {
          type: "number",
          requiresArg: true,
          coerce: wholeNumber("sample", 1),
          describe: "Connect only so many devices, chosen by chance",
        })
        .option("secrets-key", {
          type: "string",
          requiresArg: true,
          describe: "File with the private key that sealed passwords are opened with",
        }),
    runner("writes", async (args, context) => {
      const { runRehearse } = await import("./run-rehearse.ts");
      return runRehearse(args, context);
    }),
  );
