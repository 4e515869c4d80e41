import { REASONS_TO_GIVE } from "../../domain/revocation.ts";
import type { AddCommand } from "../command.ts";

/** `lotmint revoke`: devices, a list of them, or a whole lot. */
export const revokeCommand: AddCommand = (line, runner) =>
  line.command(
    "revoke [ids..]",
    "Revoke devices' certificates; a dry run unless it is one device or --yes",
    (command) =>
      command
        .positional("ids", { type: "string", array: true, describe: "Ids of devices" })
        .option("lot", { type: "string", requiresArg: true, describe: "All devices of a lot" })
        .option("file", {
          type: "string",
          requiresArg: true,
          describe: "The ids in a file: one a line, or a CSV with a column id, such as devices.csv or a manifest",
        })
        .option("reason", { choices: REASONS_TO_GIVE, default: "unspecified" as const, describe: "Why" })
        .option("yes", { type: "boolean", default: false, describe: "Do it, however many they are" })
        .option("push", { type: "boolean", default: false, describe: "Tell the platform" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the issuer's passphrase, for its revocation list",
        }),
    runner("writes", async (args, context) => {
      const { runRevoke } = await import("./run-revoke.ts");
      return runRevoke(args, context);
    }),
  );
