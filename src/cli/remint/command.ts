import { REASONS_TO_GIVE } from "../../domain/revocation.ts";
import type { AddCommand } from "../command.ts";

/** `lotmint remint`: a new key and certificate for a device that has one. */
export const remintCommand: AddCommand = (line, runner) =>
  line.command(
    "remint <ids..>",
    "Re-key and re-issue: give devices new keys and certificates, and revoke the old ones",
    (command) =>
      command
        .positional("ids", { type: "string", array: true, demandOption: true, describe: "External ids of the devices" })
        .option("reason", {
          choices: REASONS_TO_GIVE,
          demandOption: true,
          describe: "Revocation reason of the old certificates (RFC 5280)",
        })
        .option("register", {
          type: "boolean",
          default: false,
          describe: "Register the devices with the platform again",
        })
        .option("push", {
          type: "boolean",
          describe:
            "Push the old serial numbers to the platform (default: if lotmint.yaml names one); --no-push turns it off",
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
