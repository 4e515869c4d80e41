import type { AddCommand } from "../command.ts";

const FILE = "The truststore: PKCS#12, JKS or PEM";
const CERTIFICATE = {
  type: "string",
  array: true,
  demandOption: true,
  requiresArg: true,
  describe: "FILE or FILE=ALIAS with certificates to trust, PEM or DER; may be given several times",
} as const;

/** `lotmint truststore …`: what devices shall trust. */
export const truststoreCommand: AddCommand = (line, runner) =>
  line.command("truststore", "Pin the platform's certificates; list, build and extend truststores", (truststore) =>
    truststore
      .command(
        "fetch <server>",
        "Show what a server presents and pin its CA certificates",
        (command) =>
          command
            .positional("server", { type: "string", demandOption: true, describe: "HOST:PORT of the TLS server" })
            .option("fingerprint", {
              type: "string",
              requiresArg: true,
              describe: "SHA-256 of one of its certificates (default: ask on the terminal)",
            })
            .option("leaf", {
              type: "boolean",
              default: false,
              describe: "Pin the server's own certificate instead; valid until the server gets a new one",
            }),
        runner("writes", async (args, context) => {
          const { runFetch } = await import("./run-fetch.ts");
          return runFetch(args, context);
        }),
      )
      .command(
        "list <file>",
        "List the certificates of a truststore by their aliases",
        (command) => command.positional("file", { type: "string", demandOption: true, describe: FILE }),
        runner("none", async ({ file }, context) => {
          const { runList } = await import("./run-list.ts");
          return runList(file, context);
        }),
      )
      .command(
        "build <file>",
        "Make a truststore; its ending tells the format: .p12, .pfx, .jks or .pem",
        (command) =>
          command
            .positional("file", { type: "string", demandOption: true, describe: "The new file" })
            .option("certificate", CERTIFICATE),
        runner("none", async (args, context) => {
          const { runBuild } = await import("./run-build.ts");
          return runBuild(args, context);
        }),
      )
      .command(
        "add <file>",
        "Add certificates to a truststore, in the format that it has",
        (command) =>
          command
            .positional("file", { type: "string", demandOption: true, describe: FILE })
            .option("certificate", CERTIFICATE),
        runner("none", async (args, context) => {
          const { runAdd } = await import("./run-add.ts");
          return runAdd(args, context);
        }),
      )
      .demandCommand(1, "name what to do: fetch, list, build or add"),
  );
