import type { AddCommand } from "../command.ts";

/** `lotmint run JOB|MANIFEST`: does it; after a stop, run it again. */
export const runCommand: AddCommand = (line, runner) =>
  line.command(
    "run <target>",
    "Mint, write, register and report a lot; run again to continue",
    (command) =>
      command
        .positional("target", { type: "string", demandOption: true, describe: "A job's name or file, or a manifest" })
        .option("issuer", {
          type: "string",
          requiresArg: true,
          describe: "Authority that signs, for a manifest without a job",
        })
        .option("passphrase-file", { type: "string", requiresArg: true, describe: "File with the issuer's passphrase" })
        .option("accept-changes", {
          type: "boolean",
          default: false,
          describe: "Continue although the job has changed since the lot was begun",
        })
        .option("accept-clock", {
          type: "boolean",
          default: false,
          describe: "Continue although this machine's clock seems wrong",
        }),
    runner("writes", async (args, context) => {
      const { runTargets } = await import("./run-targets.ts");
      return runTargets(args, context);
    }),
  );
