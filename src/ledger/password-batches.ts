import type { Engine } from "./engine.ts";
import type { Ledger, PasswordBatch } from "./ledger.ts";
import { damaged } from "./ledger-fault.ts";
import { prepare } from "./statement.ts";

interface Row extends Omit<PasswordBatch, "listed"> {
  readonly listed: number;
}

const LISTED: readonly PasswordBatch["listed"][] = ["no", "yes", "unrecorded"];

/** Which batches have passwords, and which of these are known to be listed. Of the passwords the ledger knows nothing. */
export function passwordBatchMethods(
  engine: Engine,
): Pick<Ledger, "passwordBatches" | "passwordDevices" | "commitListed"> {
  const { reader, writer, read, write, append, requireHold } = engine;
  const batches = prepare<Row>(
    reader,
    `SELECT number, state, segment, listed FROM batches
     WHERE lot = (SELECT id FROM lots WHERE name = ?) AND segment IS NOT NULL AND state IN ('minted', 'placed', 'void')
     ORDER BY number`,
  );
  const devices = prepare<{ external_id: string }>(
    reader,
    `SELECT d.external_id FROM certificates AS c
     JOIN devices AS d ON d.id = c.device AND d.certificate = c.id
     JOIN device_rows AS r ON r.device = d.id
     WHERE c.id BETWEEN (SELECT first_certificate FROM batches WHERE number = ?1)
                    AND (SELECT last_certificate FROM batches WHERE number = ?1)
       AND c.state = 'issued' AND r.certificate_request IS NULL
     ORDER BY c.id`,
  );
  const setListed = prepare(
    writer,
    `UPDATE batches SET listed = 1
     WHERE number = ? AND lot = ? AND segment IS NOT NULL AND state IN ('minted', 'placed')`,
  );
  return {
    passwordBatches: (lot) =>
      read(() =>
        batches.all(lot).map(({ listed, ...batch }) => ({ ...batch, listed: LISTED[listed] ?? "unrecorded" })),
      ),
    passwordDevices: (batch) => read(() => devices.all(batch).map((row) => row.external_id)),
    commitListed: (hold, numbers) =>
      write(() => {
        const lot = requireHold(hold);
        for (const number of numbers) {
          if (setListed.run(number, lot) !== 1) {
            throw damaged(`batch ${number} of lot ${hold.lot} is not one whose passwords could be listed`);
          }
        }
        append({ kind: "passwords-listed", subject: hold.lot, detail: { batches: numbers } });
      }),
  };
}
