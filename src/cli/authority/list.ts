import type { AddCommand } from "../command.ts";

/** `lotmint authority list`: all of them, those that are damaged or wait for their certificate included. */
export const listCommand: AddCommand = (line, runner) =>
  line.command(
    "list",
    "List the authorities",
    (command) => command,
    runner("reads", async (_args, context) => {
      const { listAuthorities } = await import("../../authority/load-authority.ts");
      const { authorityTable } = await import("./authority-text.ts");
      const authorities = listAuthorities(context.home);
      context.printJson(
        authorities.map((one) =>
          one.state === "ready" ? one : { state: one.state, name: one.name, fault: one.problem },
        ),
      );
      context.print(authorityTable(authorities));
      return 0;
    }),
  );
