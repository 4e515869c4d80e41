import { REASONS_TO_GIVE } from "../../domain/revocation.ts";
import type { AddCommand } from "../command.ts";

/** `lotmint authority revoke NAME`. */
export const revokeAuthorityCommand: AddCommand = (line, runner) =>
  line.command(
    "revoke <name>",
    "Revoke an intermediate in its issuer's revocation list; a dry run unless --yes",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("reason", { choices: REASONS_TO_GIVE, default: "unspecified" as const, describe: "Why" })
        .option("yes", { type: "boolean", default: false, describe: "Do it" })
        .option("push", { type: "boolean", default: false, describe: "Tell the platform" })
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
