import type { AddCommand } from "../command.ts";

/** `lotmint plan JOB|MANIFEST`: what a run would do; writes nothing. */
export const planCommand: AddCommand = (line, runner) =>
  line.command(
    "plan <target>",
    "Show what a run would do; write nothing",
    (command) =>
      command
        .positional("target", { type: "string", demandOption: true, describe: "A job's name or file, or a manifest" })
        .option("issuer", {
          type: "string",
          requiresArg: true,
          describe: "Authority that signs, for a manifest without a job",
        }),
    runner("reads", async (args, context) => {
      const { runPlan } = await import("./run-plan.ts");
      return runPlan(args, context);
    }),
  );
