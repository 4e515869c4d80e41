import type { AddCommand } from "../command.ts";

/** `lotmint authority prove NAME`: the platform's proof of possession. */
export const proveCommand: AddCommand = (line, runner) =>
  line.command(
    "prove <name>",
    "Prove possession of an uploaded authority's private key to the platform",
    (command) =>
      command.positional("name", { type: "string", demandOption: true }).option("passphrase-file", {
        type: "string",
        requiresArg: true,
        describe: "File with the authority's passphrase",
      }),
    runner("writes", async (args, context) => {
      const { runProve } = await import("./run-prove.ts");
      return runProve(args, context);
    }),
  );
