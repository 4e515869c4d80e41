import type { BulkColumns, KnownColumn } from "./bulk-columns.ts";
import type { BulkLine } from "./bulk-file.ts";

/** One row of the full form, cells by their meaning; nothing checked yet. */
export interface BulkRow {
  readonly id: string;
  readonly credentials: string;
  readonly authType: string;
  readonly type: string;
  readonly name: string;
  readonly iccid: string;
  /** Absent when the row names none. */
  readonly idType?: string;
  readonly path: string;
  readonly shell: string;
  readonly enrollmentOtp: string;
  readonly properties: readonly { readonly path: readonly string[]; readonly value: string }[];
  readonly externals: readonly { readonly type: string; readonly value: string }[];
}

/** The line's cells by column; the line has as many cells as the header. */
export function readBulkRow(columns: BulkColumns, line: BulkLine): BulkRow {
  const at = (index: number | undefined) => (index === undefined ? "" : (line.cells[index] ?? ""));
  const cell = (column: KnownColumn) => at(columns.known.get(column));
  const idType = cell("IDTYPE");
  return {
    id: cell("ID"),
    credentials: cell("CREDENTIALS"),
    authType: cell("AUTH_TYPE") === "" ? "BASIC" : cell("AUTH_TYPE"),
    type: cell("TYPE"),
    name: cell("NAME"),
    iccid: cell("ICCID"),
    ...(idType === "" ? {} : { idType }),
    path: cell("PATH"),
    shell: cell("SHELL"),
    enrollmentOtp: cell("ENROLLMENT_OTP"),
    properties: columns.properties
      .map(({ path, index }) => ({ path, value: at(index) }))
      .filter(({ value }) => value !== ""),
    externals: columns.externals
      .map(({ type, index }) => ({ type, value: at(index) }))
      .filter(({ value }) => value !== ""),
  };
}

/** Characters that [OAS] allows in a user's password, 6 to 32 of them. */
const PASSWORD = /^[A-Za-z0-9`~!@#$%^&*()_|+\-=?;:'",.<>{}[\]\\/]{6,32}$/;

/** Why the platform rejects the row, or undefined when it is good. Looks at the row alone. */
export function bulkRowProblem(row: BulkRow): string | undefined {
  return (
    idProblem(row.id) ??
    loginProblem(row) ??
    (["", "0", "1"].includes(row.shell) ? undefined : "SHELL must be 1, 0 or empty") ??
    (row.path === "" || row.path.split("/").every((group) => group.trim() !== "")
      ? undefined
      : `PATH '${row.path}' names an empty group`)
  );
}

/** The rule of full bulk registration since 2025.0.131: a colon is allowed, these are not. */
export function idProblem(id: string): string | undefined {
  if (id === "") return "Device id must not be empty.";
  const forbidden = /[/\\$\s\u0000-\u001f\u007f-\u009f]/.exec(id)?.[0];
  if (forbidden !== undefined) return `Device id '${id}' contains '${forbidden}' character which is not permitted.`;
  if ([...id].length > 1000 - "device_".length) return "Device id is too long.";
  return undefined;
}

function loginProblem(row: BulkRow): string | undefined {
  if (row.authType !== "BASIC" && row.authType !== "CERTIFICATES") {
    return `Unknown authentication type '${row.authType}'`;
  }
  if (row.authType === "CERTIFICATES") {
    // [OAS]: CREDENTIALS "will be skipped if present", but that is said of rows with a one-time password only.
    const extra = row.credentials !== "" && row.enrollmentOtp === "";
    return extra ? "CREDENTIALS must be empty for authentication type CERTIFICATES" : undefined;
  }
  if (row.enrollmentOtp !== "") return "ENROLLMENT_OTP needs authentication type CERTIFICATES";
  if (row.credentials === "") return "CREDENTIALS must not be empty for authentication type BASIC";
  return PASSWORD.test(row.credentials) ? undefined : "CREDENTIALS are not a permitted password";
}
