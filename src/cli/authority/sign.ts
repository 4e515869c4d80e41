import type { AddCommand } from "../command.ts";

/** `lotmint authority sign REQUEST`: an intermediate whose key lives elsewhere. */
export const signCommand: AddCommand = (line, runner) =>
  line.command(
    "sign <request>",
    "Sign the request of an intermediate whose key is elsewhere",
    (command) =>
      command
        .positional("request", { type: "string", demandOption: true, describe: "Certificate request, PEM or DER" })
        .option("issuer", {
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe: "Authority that signs it",
        })
        .option("out", {
          type: "string",
          requiresArg: true,
          demandOption: true,
          describe: "New file for the certificate and its chain, PEM",
        })
        .option("validity", {
          type: "string",
          requiresArg: true,
          describe: "365d, 20y, a date (default: 7300d, cut to the issuer's end)",
        })
        .option("path-length", {
          type: "number",
          requiresArg: true,
          describe: "Path length: how many authorities may be below it",
        })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the issuer's passphrase",
        }),
    runner("writes", async (args, context) => {
      const { runSign } = await import("./run-sign.ts");
      return runSign(args, context);
    }),
  );
