import { DatabaseSync } from "node:sqlite";
import { PRIVATE_FILE } from "../disk/durable.ts";
import { closeToOthers } from "../disk/modes.ts";
import type { Engine } from "./engine.ts";
import { CHAIN_START } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { prepare } from "./statement.ts";

/** The ledger in another file, for backups. */
export function copyMethods({ reader, read }: Engine): Pick<Ledger, "copyTo"> {
  const vacuum = prepare(reader, "VACUUM INTO ?");
  return {
    copyTo: (path) =>
      read(() => {
        vacuum.run(path);
        closeToOthers(path, PRIVATE_FILE);
        // Asked of the copy: others may have committed since.
        const copy = new DatabaseSync(path, { readOnly: true });
        try {
          const head = copy.prepare("SELECT digest FROM events ORDER BY seq DESC LIMIT 1").get();
          return String(head?.["digest"] ?? CHAIN_START);
        } finally {
          copy.close();
        }
      }),
  };
}
