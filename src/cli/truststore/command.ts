import type { AddCommand } from "../command.ts";

/** `lotmint truststore …`: what devices shall trust. */
export const truststoreCommand: AddCommand = (line, runner) =>
  line.command("truststore", "Pin the platform's certificates for truststores", (truststore) =>
    truststore
      .command(
        "fetch <server>",
        "Show what a server presents and pin its CA certificates",
        (command) =>
          command
            .positional("server", { type: "string", demandOption: true, describe: "HOST:PORT, over TLS" })
            .option("fingerprint", {
              type: "string",
              requiresArg: true,
              describe: "SHA-256 of one of its certificates; else a question on the terminal",
            })
            .option("leaf", {
              type: "boolean",
              default: false,
              describe: "Pin the server's own certificate instead, good until it gets a new one",
            }),
        runner("writes", async (args, context) => {
          const { runFetch } = await import("./run-fetch.ts");
          return runFetch(args, context);
        }),
      )
      .demandCommand(1, "name what to do: fetch"),
  );
