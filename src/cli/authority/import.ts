import type { AddCommand } from "../command.ts";

/** `lotmint authority import NAME`: one that was made elsewhere, or the certificate for one that was requested here. */
export const importCommand: AddCommand = (line, runner) =>
  line.command(
    "import <name>",
    "Take in an authority that was made elsewhere, or the certificate of one that was requested",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("certificate", { type: "string", requiresArg: true, describe: "Its certificate, PEM or DER" })
        .option("key", {
          type: "string",
          requiresArg: true,
          describe: "Its private key, PEM or DER; without one it can be trusted and uploaded, but not sign",
        })
        .option("chain", { type: "string", requiresArg: true, describe: "Certificates above it, up to the root" })
        .option("pkcs12", { type: "string", requiresArg: true, describe: "A PKCS#12 file instead" })
        .option("openssl-ca", { type: "string", requiresArg: true, describe: "A folder of `openssl ca` instead" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the passphrase that the key is kept under here",
        }),
    runner("makes", async (args, context) => {
      const { runImport } = await import("./run-import.ts");
      return runImport(args, context);
    }),
  );
