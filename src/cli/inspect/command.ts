import type { AddCommand } from "../command.ts";

/** `lotmint inspect FILE`: what is in a file. */
export const inspectCommand: AddCommand = (line, runner) =>
  line.command(
    "inspect <file>",
    "Show what is in a certificate, chain, request, CRL, key, PKCS#12, JKS or PKCS#7 file, or a receipt",
    (command) => command.positional("file", { type: "string", demandOption: true, describe: "The file, PEM or DER" }),
    runner("none", async ({ file }, context) => {
      const { runInspect } = await import("./run-inspect.ts");
      return runInspect(file, context);
    }),
  );
