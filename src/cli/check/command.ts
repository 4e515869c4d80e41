import { OnboardingError } from "../../domain/error.ts";
import type { AddCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";

/** `lotmint check LOT`: opens and compares what a lot has produced. */
export const checkCommand: AddCommand = (line, runner) =>
  line.command(
    "check <lot>",
    "Open every keystore of a lot and compare it with the ledger",
    (command) =>
      command
        .positional("lot", { type: "string", demandOption: true })
        .option("sample", {
          type: "number",
          requiresArg: true,
          coerce: wholeNumber("sample", 1),
          describe: "Check only this many devices, chosen at random, and say what that proves of the lot",
        })
        .option("secrets-key", {
          type: "string",
          requiresArg: true,
          describe: "File with the private key that sealed passwords are opened with",
        })
        .option("write-off", {
          type: "boolean",
          default: false,
          describe:
            "After a restore, when the lot's output is lost: revoke all its certificates (only a preview without --yes)",
        })
        .option("reason", {
          type: "string",
          requiresArg: true,
          describe: "Reason of --write-off; recorded permanently",
        })
        .option("yes", { type: "boolean", default: false, describe: "Skip the preview of --write-off" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the issuer's passphrase, for the revocation list after --write-off",
        })
        .option("platform", { type: "boolean", default: false, describe: "Compare with the platform as well" }),
    runner("writes", async (args, context) => {
      if (args.writeOff) {
        if (args.platform || args.sample !== undefined || args.secretsKey !== undefined) {
          throw new OnboardingError("--write-off checks nothing: leave --platform, --sample and --secrets-key out", {
            code: "usage",
          });
        }
        const { runWriteOff } = await import("./run-write-off.ts");
        return runWriteOff(args, context);
      }
      if (args.reason !== undefined || args.yes || args.passphraseFile !== undefined) {
        throw new OnboardingError("--reason, --yes and --passphrase-file go with --write-off", { code: "usage" });
      }
      const { runCheck } = await import("./run-check.ts");
      return runCheck(args, context);
    }),
  );
