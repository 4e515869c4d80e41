import { REASONS_TO_GIVE } from "../../domain/revocation.ts";
import type { AddCommand } from "../command.ts";

/** `lotmint revoke`: devices, a list of them, or a whole lot. */
export const revokeCommand: AddCommand = (line, runner) =>
  line.command(
    "revoke [ids..]",
    "Revoke devices' certificates; more than one device only with --yes, else a preview",
    (command) =>
      command
        .positional("ids", { type: "string", array: true, describe: "External ids of the devices" })
        .option("lot", { type: "string", requiresArg: true, describe: "All devices of a lot" })
        .option("file", {
          type: "string",
          requiresArg: true,
          describe: "File with the ids: one per line, or a CSV with a column id, such as devices.csv or a manifest",
        })
        .option("reason", {
          choices: REASONS_TO_GIVE,
          default: "unspecified" as const,
          describe: "Revocation reason (RFC 5280)",
        })
        .option("yes", { type: "boolean", default: false, describe: "Skip the preview" })
        .option("push", { type: "boolean", default: false, describe: "Push serial numbers to the platform" })
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
