import type { AddCommand } from "../command.ts";

/** `lotmint doctor`: what would keep lots from running, and what to do about it. */
export const doctorCommand: AddCommand = (line, runner) =>
  line.command(
    "doctor",
    "Check home, disk, clock, platform, authorities and jobs, and say what to correct",
    (command) => command,
    runner("none", async (_args, context) => {
      const { runDoctor } = await import("./run-doctor.ts");
      return runDoctor(context);
    }),
  );
