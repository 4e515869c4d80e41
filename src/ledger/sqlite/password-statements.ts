import type { DatabaseSync } from "node:sqlite";
import type { PasswordBatch } from "../passwords.ts";
import type { PasswordStatements } from "../rules/statements/passwords.ts";
import { prepare } from "./statement.ts";

const LISTED: readonly PasswordBatch["listed"][] = ["no", "yes", "unrecorded"];

export function passwordStatements(database: DatabaseSync): PasswordStatements {
  const setSegment = prepare(database, "UPDATE batches SET segment = ? WHERE number = ?");
  const batches = prepare<Omit<PasswordBatch, "listed"> & { readonly listed: number }>(
    database,
    `SELECT number, state, segment, listed FROM batches
     WHERE lot = (SELECT id FROM lots WHERE name = ?) AND segment IS NOT NULL AND state IN ('minted', 'placed', 'void')
     ORDER BY number`,
  );
  const devices = prepare<{ externalId: string }>(
    database,
    `SELECT d.external_id AS externalId FROM certificates AS c
     JOIN devices AS d ON d.id = c.device AND d.certificate = c.id
     JOIN device_rows AS r ON r.device = d.id
     WHERE c.id BETWEEN (SELECT first_certificate FROM batches WHERE number = ?1)
                    AND (SELECT last_certificate FROM batches WHERE number = ?1)
       AND c.state = 'issued' AND r.certificate_request IS NULL
     ORDER BY c.id`,
  );
  const setListed = prepare<{ number: number }>(
    database,
    `UPDATE batches SET listed = 1
     WHERE number IN (SELECT value FROM json_each(?2)) AND lot = ?1
       AND segment IS NOT NULL AND state IN ('minted', 'placed') RETURNING number`,
  );
  return {
    setSegment: async (batch, file) => {
      setSegment.run(file, batch);
    },
    passwordBatchesOf: async (lot) =>
      batches.all(lot).map(({ listed, ...batch }) => ({ ...batch, listed: LISTED[listed] ?? "unrecorded" })),
    passwordDevicesOf: async (batch) => devices.all(batch).map((row) => row.externalId),
    setListed: async (lot, numbers) => setListed.all(lot, JSON.stringify(numbers)).map((row) => row.number),
  };
}
