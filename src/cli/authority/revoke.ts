import { REASONS_TO_GIVE } from "../../domain/revocation.ts";
import type { AddCommand } from "../command.ts";

/** `lotmint authority revoke NAME`. */
export const revokeAuthorityCommand: AddCommand = (line, runner) =>
  line.command(
    "revoke <name>",
    "Revoke an intermediate in its issuer's revocation list; without --yes only a preview",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("reason", {
          choices: REASONS_TO_GIVE,
          default: "unspecified" as const,
          describe: "Revocation reason (RFC 5280)",
        })
        .option("yes", { type: "boolean", default: false, describe: "Skip the preview" })
        .option("push", { type: "boolean", default: false, describe: "Push the serial number to the platform" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the passphrase of its issuer",
        }),
    runner("writes", async (args, context) => {
      const { runRevokeAuthority } = await import("./run-revoke.ts");
      return runRevokeAuthority(args, context);
    }),
  );
