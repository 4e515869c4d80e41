import type { AddCommand } from "../command.ts";

/** `lotmint keys fill`: makes RSA keys beforehand. */
export const keysCommand: AddCommand = (line, runner) =>
  line.command("keys", "Make keys beforehand", (keys) =>
    keys
      .command(
        "fill",
        "Fill the RSA key pool up to what lotmint.yaml asks for",
        (command) => command,
        runner("writes", async (_args, context) => {
          const { runFill } = await import("./run-fill.ts");
          return runFill(context);
        }),
      )
      .demandCommand(1, "name what to do with keys: fill"),
  );
