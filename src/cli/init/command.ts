import type { AddCommand } from "../command.ts";

/** `lotmint init [DIR]`: makes a home. */
export const initCommand: AddCommand = (line, runner) =>
  line.command(
    "init [dir]",
    "Create a home: lotmint.yaml, a job with a sample manifest, a root and an intermediate",
    (command) =>
      command
        .positional("dir", { type: "string", describe: "Home folder, created if missing (else --home)" })
        .option("sandbox", { type: "boolean", default: false, describe: "Use the sandbox platform on this machine" })
        .option("platform", { type: "string", requiresArg: true, describe: "Address of the platform, https://…" })
        .option("tenant", { type: "string", requiresArg: true, describe: "The tenant's id" })
        .option("user", { type: "string", requiresArg: true, describe: "User that registers devices" })
        .option("without-platform", { type: "boolean", default: false, describe: "Configure no platform yet" })
        .option("organization", { type: "string", requiresArg: true, describe: "Organization (O) in certificates" })
        .option("root", { type: "string", requiresArg: true, describe: "Name of the root (default root)" })
        .option("intermediate", {
          type: "string",
          requiresArg: true,
          describe: "Name of the intermediate that signs devices (default line-1)",
        })
        .option("job", { type: "string", requiresArg: true, describe: "Name of the job (default first)" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the intermediate's passphrase",
        })
        .option("root-passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the root's passphrase",
        }),
    runner("none", async (args, context) => {
      const { runInit } = await import("./run-init.ts");
      return runInit(args, context);
    }),
  );
