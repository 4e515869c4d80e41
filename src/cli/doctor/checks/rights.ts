import { accessSync, constants, readdirSync } from "node:fs";
import { join } from "node:path";
import { closingCommand, readersOf } from "../../../config/access-list.ts";
import { isDenied, reasonOf, statIfThere } from "../../../disk/disk-error.ts";
import { authorityLayout, type Home, sandboxLayout } from "../../../disk/layout.ts";
import { keepsModes } from "../../../disk/modes.ts";
import { type DoctorCheck, type DoctorFinding, ok, problem, warning } from "../doctor-check.ts";

/** Whether what holds keys and passwords is private, and the folders that runs write to may be written to. */
export const rightsCheck = {
  name: "rights",
  look: (
    { home },
    {
      system = process.platform,
      readers = readersOf,
    }: { readonly system?: NodeJS.Platform; readonly readers?: typeof readersOf } = {},
  ) => {
    const folders = [home.state, home.authorities, home.keyPool];
    const open = keepsModes(system)
      ? [
          ...folders.flatMap((path) => exposed(path, 0o077, "700")),
          ...privateFiles(home).flatMap((path) => exposed(path, 0o077, "600")),
        ]
      : folders.flatMap((path) => exposedByList(path, readers));
    const shut = [home.input, home.output, home.state].flatMap(unwritable);
    return open.length + shut.length === 0
      ? [ok("what holds keys is private, and folders can be written to")]
      : [...open, ...shut];
  },
} satisfies DoctorCheck;

/** On Windows the files in a folder take over its access list. */
function exposedByList(path: string, readers: typeof readersOf): readonly Omit<DoctorFinding, "name">[] {
  if (statIfThere(path) === undefined) return [];
  const found = readers(path);
  if ("unknown" in found) {
    return [
      warning(`who may reach ${path} could not be found out: ${found.unknown}`, `look yourself: icacls "${path}"`),
    ];
  }
  if (found.others.length === 0) return [];
  return [
    problem(`other users may reach ${path} (${found.others.join(", ")})`, closingCommand(path, found.owner, true)),
  ];
}

function privateFiles(home: Home): readonly string[] {
  const sandbox = sandboxLayout(home);
  const authorities = statIfThere(home.authorities) === undefined ? [] : readdirSync(home.authorities);
  return [
    home.ledger,
    `${home.ledger}-wal`,
    sandbox.record,
    sandbox.password,
    ...authorities.map((name) => authorityLayout(home, name).key),
    ...authorities.map((name) => join(home.authorities, name, "key.pem.new")),
  ];
}

function exposed(path: string, mask: number, mode: string): readonly Omit<DoctorFinding, "name">[] {
  const stats = statIfThere(path);
  if (stats === undefined || (stats.mode & mask) === 0) return [];
  const has = (stats.mode & 0o777).toString(8).padStart(4, "0");
  return [problem(`other users may reach ${path} (mode ${has})`, `chmod ${mode} ${path}`)];
}

function unwritable(path: string): readonly Omit<DoctorFinding, "name">[] {
  if (statIfThere(path) === undefined) return [];
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
    return [];
  } catch (error) {
    const reason = reasonOf(error, path);
    if (reason === undefined) throw error;
    const cure = isDenied(error)
      ? "run lotmint as the owner, or give this user the right to it"
      : "correct that, and look again";
    return [problem(`${path} cannot be written to: ${reason}`, cure)];
  }
}
