import type { AddCommand } from "../command.ts";

/** `lotmint authority import NAME`: one that was made elsewhere, or the certificate for one that was requested here. */
export const importCommand: AddCommand = (line, runner) =>
  line.command(
    "import <name>",
    "Import an authority from another tool, or the certificate for one that was requested here",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("certificate", { type: "string", requiresArg: true, describe: "Its certificate, PEM or DER" })
        .option("key", {
          type: "string",
          requiresArg: true,
          describe:
            "Its private key, PEM or DER; without it the authority can be trusted and uploaded, but cannot sign",
        })
        .option("hsm", {
          type: "string",
          requiresArg: true,
          describe: "PKCS#11 URI of its private key in a token, such as pkcs11:token=line;object=line-3",
        })
        .option("chain", { type: "string", requiresArg: true, describe: "Certificates above it, up to the root" })
        .option("pkcs12", {
          type: "string",
          requiresArg: true,
          describe: "PKCS#12 file with certificate, key and chain",
        })
        .option("openssl-ca", { type: "string", requiresArg: true, describe: "Folder of an `openssl ca` authority" })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the passphrase that encrypts the key in this home",
        }),
    runner("makes", async (args, context) => {
      const { runImport } = await import("./run-import.ts");
      return runImport(args, context);
    }),
  );
