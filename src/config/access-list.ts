import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs a program of the system to its end and returns what it prints. Throws when it cannot be run or fails. */
export type RunProgram = (program: string, args: readonly string[]) => string;

/** Who besides the owner may read a file: accounts, as Windows names them in SDDL; or why that is not known. */
export type Readers = { readonly others: readonly string[]; readonly owner: string } | { readonly unknown: string };

/**
 * The local system and its administrators may take any file, as root may elsewhere. CREATOR OWNER and OWNER RIGHTS mean the owner.
 */
const ALLOWED: readonly string[] = ["SY", "S-1-5-18", "BA", "S-1-5-32-544", "CO", "S-1-3-0", "OW", "S-1-3-4"];
/** SDDL's words for rights with which a file's content, or a folder's list, can be read: all, read, generic all and read. */
const READING: readonly string[] = ["FA", "FR", "GA", "GR", "CC", "WD", "WO"];
/** FILE_READ_DATA, WRITE_DAC, WRITE_OWNER, GENERIC_ALL, GENERIC_READ. */
const READING_BITS = 0x1 | 0x4_0000 | 0x8_0000 | 0x1000_0000 | 0x8000_0000;

/**
 * Asks Windows who may read a file or folder, with `icacls` and `whoami`: in SDDL, which is the same in every language
 * of Windows. Never throws: what cannot be found out is `unknown`.
 */
export function readersOf(path: string, run: RunProgram = runProgram): Readers {
  const aside = mkdtempSync(join(tmpdir(), "lotmint-acl-"));
  try {
    const owner = /"(S-1-[0-9-]+)"/.exec(run("whoami", ["/user", "/fo", "csv", "/nh"]))?.[1];
    if (owner === undefined) return { unknown: "whoami did not name this user's SID" };
    const saved = join(aside, "list");
    run("icacls", [path, "/save", saved, "/q"]);
    const others = othersIn(readFileSync(saved, "utf16le"), owner);
    return others === undefined ? { unknown: "icacls printed no access list" } : { others, owner };
  } catch (error) {
    return { unknown: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** The command that leaves a file, or a folder with what is in it, to its owner alone. */
export function closingCommand(path: string, owner: string, isFolder = false): string {
  return `icacls "${path}" /inheritance:r /grant:r "*${owner}:${isFolder ? "(OI)(CI)" : ""}F"`;
}

/** Accounts besides the owner that the list lets read; undefined when the text holds no list. */
function othersIn(saved: string, owner: string): readonly string[] | undefined {
  const list = saved.split(/\r?\n/).find((line) => line.startsWith("D:"));
  if (list === undefined) return undefined;
  // Without any list everybody may do everything.
  if (list.includes("NO_ACCESS_CONTROL")) return ["WD"];
  const readers = [...list.matchAll(/\(([^()]*)/g)].flatMap(([, entry = ""]) => {
    const [type = "", inheritance = "", rights = "", , , account = ""] = entry.split(";");
    // Allowed, also under a condition; "IO" is for what is made in a folder, not for the folder.
    const counts = ["A", "XA"].includes(type) && !pairsOf(inheritance).includes("IO") && canRead(rights);
    return counts && account !== owner && !ALLOWED.includes(account) ? [account] : [];
  });
  return [...new Set(readers)];
}

function canRead(rights: string): boolean {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(rights)) return (Number(rights) & READING_BITS) !== 0;
  return pairsOf(rights).some((word) => READING.includes(word));
}

function pairsOf(text: string): readonly string[] {
  return text.match(/../g) ?? [];
}

/** By its full path: Windows would look for a bare name in the current folder first. No program inherits what else stands in the environment. */
function runProgram(program: string, args: readonly string[]): string {
  const { SystemRoot = "C:\\Windows" } = process.env;
  const path = join(SystemRoot, "System32", `${program}.exe`);
  return execFileSync(path, args, { encoding: "utf8", env: { SystemRoot }, timeout: 10_000, stdio: "pipe" });
}
