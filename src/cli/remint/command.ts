import { REASONS_TO_GIVE } from "../../domain/revocation.ts";
import type { AddCommand } from "../command.ts";

/** `lotmint remint`: a new key and certificate for a device that has one. */
export const remintCommand: AddCommand = (line, runner) =>
  line.command(
    "remint <ids..>",
    "Replace devices' keys and certificates; the old ones are revoked",
    (command) =>
      command
        .positional("ids", { type: "string", array: true, demandOption: true, describe: "Ids of devices" })
        .option("reason", { choices: REASONS_TO_GIVE, demandOption: true, describe: "Why the old ones are revoked" })
        .option("register", {
          type: "boolean",
          default: false,
          describe: "Send the devices' rows to the platform again",
        })
        .option("push", {
          type: "boolean",
          describe:
            "Tell the platform of the old certificates (default: where lotmint.yaml names one); --no-push: do not",
        })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the issuer's passphrase",
        }),
    runner("writes", async (args, context) => {
      const { runRemint } = await import("./run-remint.ts");
      return runRemint(args, context);
    }),
  );
