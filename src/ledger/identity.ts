import type { Engine } from "./engine.ts";
import type { Ledger, LedgerIdentity } from "./ledger.ts";
import { prepare } from "./statement.ts";

const GENERATIONS = "SELECT ledger, token FROM generations ORDER BY number DESC";

/** Whose ledger this is. */
export function identityMethods(engine: Engine): Pick<Ledger, "identity" | "openGeneration"> {
  const { reader, writer, read, write, append } = engine;
  const readAll = prepare<GenerationRow>(reader, GENERATIONS);
  const writeAll = prepare<GenerationRow>(writer, GENERATIONS);
  const add = prepare(
    writer,
    `INSERT INTO generations (number, ledger, token)
     SELECT number + 1, ledger, (number + 1) || '-' || lower(hex(randomblob(8)))
     FROM generations ORDER BY number DESC LIMIT 1`,
  );
  return {
    identity: () => read(() => identityOf(readAll.all())),
    openGeneration: () =>
      write(() => {
        add.run();
        const identity = identityOf(writeAll.all());
        append({
          kind: "generation-opened",
          subject: identity.ledger,
          detail: { generation: identity.generation },
        });
        return identity;
      }),
  };
}

interface GenerationRow {
  readonly ledger: string;
  readonly token: string;
}

function identityOf(rows: readonly GenerationRow[]): LedgerIdentity {
  const [present, ...earlier] = rows;
  return {
    ledger: present?.ledger ?? "",
    generation: present?.token ?? "",
    earlier: earlier.map(({ token }) => token),
  };
}
