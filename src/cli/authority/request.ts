import { KEY_ALGORITHMS, type KeyAlgorithm } from "../../domain/certificate.ts";
import type { AddCommand } from "../command.ts";

/** `lotmint authority request NAME`: an authority whose certificate comes from elsewhere. */
export const requestCommand: AddCommand = (line, runner) =>
  line.command(
    "request <name>",
    "Generate a key in this home and print its certificate request (PKCS#10)",
    (command) =>
      command
        .positional("name", { type: "string", demandOption: true })
        .option("subject", {
          type: "string",
          requiresArg: true,
          describe: "Distinguished name, CN=…,O=… (default CN=NAME)",
        })
        .option("key", { choices: KEY_ALGORITHMS, default: "ec-p256" as KeyAlgorithm, describe: "Key type" })
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
        }),
    runner("makes", async (args, context) => {
      const { runRequest } = await import("./run-request.ts");
      return runRequest(args, context);
    }),
  );
