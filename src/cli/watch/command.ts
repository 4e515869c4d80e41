import type { AddCommand } from "../command.ts";

/** `lotmint watch`: runs the lots that are dropped into input/ and those that are due, and shows them on a page where it is asked to. */
export const watchCommand: AddCommand = (line, runner) =>
  line.command(
    "watch",
    "Run manifests dropped into input/ and scheduled jobs until stopped",
    (command) =>
      command
        .option("once", {
          type: "boolean",
          default: false,
          describe: "Process what is there now and exit, for cron and timers",
        })
        .option("page", {
          type: "string",
          requiresArg: true,
          describe: "HOST:PORT to serve the operator's page on, such as 127.0.0.1:8080",
        })
        .option("page-cert", {
          type: "string",
          requiresArg: true,
          describe: "PEM file with the page's TLS certificate and those above it",
        })
        .option("page-key", { type: "string", requiresArg: true, describe: "PEM file with its private key" }),
    runner("writes", async (args, context) => {
      const { watchHome } = await import("./watch-home.ts");
      if (args.page === undefined && args.pageCert === undefined && args.pageKey === undefined) {
        return watchHome(args, context);
      }
      const { openPage } = await import("./open-page.ts");
      return watchHome(args, context, await openPage(args, context));
    }),
  );
