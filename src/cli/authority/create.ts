import { KEY_ALGORITHMS, type KeyAlgorithm } from "../../domain/certificate.ts";
import type { AddCommand } from "../command.ts";

/** `lotmint authority create NAME`: a root, or an intermediate under an issuer of this home. */
export const createCommand: AddCommand = (line, runner) =>
  line.command(
    "create <name>",
    "Make a root, or an intermediate under --issuer",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("issuer", {
          type: "string",
          requiresArg: true,
          describe: "Authority that signs it (default: none, a self-signed root)",
        })
        .option("subject", {
          type: "string",
          requiresArg: true,
          describe: "Distinguished name, CN=…,O=… (default CN=NAME)",
        })
        .option("key", { choices: KEY_ALGORITHMS, default: "ec-p256" as KeyAlgorithm, describe: "Key type" })
        .option("validity", {
          type: "string",
          requiresArg: true,
          describe: "365d, 20y, a date, or never (default: root 10950d, others 7300d cut to the issuer's end)",
        })
        .option("path-length", {
          type: "number",
          requiresArg: true,
          describe: "Path length: how many authorities may be below it",
        })
        .option("hsm", {
          type: "string",
          requiresArg: true,
          describe:
            "PKCS#11 URI of a token in which the key is made and stays, such as pkcs11:token=line;object=line-3",
        })
        .option("passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the new key's passphrase",
        })
        .option("issuer-passphrase-file", {
          type: "string",
          requiresArg: true,
          describe: "File with the issuer's passphrase",
        }),
    runner("makes", async (args, context) => {
      const { runCreate } = await import("./run-create.ts");
      return runCreate(args, context);
    }),
  );
