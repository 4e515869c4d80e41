import { unprocessable } from "../http/request-refusal.ts";

/** The columns that [OAS] gives a meaning; names as written, case and all. */
const KNOWN = [
  "ID",
  "CREDENTIALS",
  "AUTH_TYPE",
  "TENANT",
  "TYPE",
  "NAME",
  "ICCID",
  "IDTYPE",
  "PATH",
  "SHELL",
  "ENROLLMENT_OTP",
] as const;
export type KnownColumn = (typeof KNOWN)[number];

/** Columns that say how to log in, not what the device is. */
const LOGIN_COLUMNS: readonly string[] = ["ID", "CREDENTIALS", "AUTH_TYPE", "TENANT", "ENROLLMENT_OTP"];
const EXTERNAL = "external-";

export interface BulkColumns {
  readonly count: number;
  readonly known: ReadonlyMap<KnownColumn, number>;
  /** Custom properties; a dotted header is a path into an object. */
  readonly properties: readonly { readonly path: readonly string[]; readonly index: number }[];
  /** Additional external ids. */
  readonly externals: readonly { readonly type: string; readonly index: number }[];
  /** Only ID and PATH: registration requests instead of devices. */
  readonly simple: boolean;
  /** Whether rows describe a device, so that a managed object is made. */
  readonly describesDevice: boolean;
}

/** What the header row means. Throws a 422, which refuses the whole file, for one that means nothing. */
export function readBulkColumns(header: readonly string[]): BulkColumns {
  const names = header.map((name) => (/^".*"$/.test(name) ? name.slice(1, -1) : name));
  for (const [index, name] of names.entries()) {
    if (name === "" || name.includes('"')) throw refused(`column ${index + 1} has no usable name`);
    if (names.indexOf(name) !== index) throw refused(`column '${name}' appears twice`);
  }
  if (!names.includes("ID")) throw refused("column 'ID' is missing");
  const simple = names.every((name) => name === "ID" || name === "PATH");
  const describesDevice = !simple && names.some((name) => !LOGIN_COLUMNS.includes(name));
  if (describesDevice && !(names.includes("TYPE") && names.includes("NAME"))) {
    throw refused("columns 'TYPE' and 'NAME' must appear with device information");
  }
  if (!simple && !names.includes("CREDENTIALS") && !names.includes("AUTH_TYPE")) {
    throw refused("column 'CREDENTIALS' is missing");
  }
  if (names.includes("ENROLLMENT_OTP") && !names.includes("AUTH_TYPE")) {
    throw refused("column 'ENROLLMENT_OTP' needs column 'AUTH_TYPE'");
  }
  // [OAS] puts the mapping of an additional external id into "the last column".
  const firstExternal = names.findIndex((name) => name.startsWith(EXTERNAL));
  if (firstExternal >= 0 && !names.slice(firstExternal).every((name) => name.startsWith(EXTERNAL))) {
    throw refused("columns 'external-...' must be the last ones");
  }
  return {
    count: names.length,
    known: new Map(KNOWN.map((name) => [name, names.indexOf(name)] as const).filter(([, index]) => index >= 0)),
    properties: readProperties(names),
    externals: [...names.entries()]
      .filter(([, name]) => name.startsWith(EXTERNAL))
      .map(([index, name]) => ({ type: externalType(name), index })),
    simple,
    describesDevice,
  };
}

function externalType(name: string): string {
  const type = name.slice(EXTERNAL.length);
  if (type === "") throw refused("column 'external-' names no type");
  return type;
}

function readProperties(names: readonly string[]): BulkColumns["properties"] {
  const properties = [...names.entries()]
    .filter(([, name]) => !(KNOWN as readonly string[]).includes(name) && !name.startsWith(EXTERNAL))
    .map(([index, name]) => ({ path: name.split("."), index }));
  for (const { path } of properties) {
    const name = path.join(".");
    if (path.includes("")) throw refused(`column '${name}' has an empty step`);
    const below = properties.find((other) => other.path.length > path.length && startsWith(other.path, path));
    if (below !== undefined) throw refused(`column '${name}' is both a value and an object`);
  }
  return properties;
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((step, index) => path[index] === step);
}

function refused(reason: string): Error {
  return unprocessable("devicecontrol", `Could not parse CSV file: ${reason}`);
}
