/** The columns of a manifest that lotmint knows, besides `external-<type>`; their case does not matter. */
export const STANDARD_COLUMNS = [
  "id",
  "name",
  "type",
  "path",
  "iccid",
  "idtype",
  "shell",
  "serial_number",
  "csr",
] as const;
export type StandardColumn = (typeof STANDARD_COLUMNS)[number];

/** Starts the name of a column with a further external id; the type follows. */
export const EXTERNAL_PREFIX = "external-";

/** Starts the names of the columns that lotmint adds to rejects.csv. */
export const OWN_PREFIX = "lotmint:";

/** The platform's column for passwords: no registration of ours fills it, and what stands there is nobody's business. */
export const ALWAYS_SECRET: readonly string[] = ["CREDENTIALS"];
