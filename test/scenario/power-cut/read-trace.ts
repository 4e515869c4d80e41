import { dirname, resolve } from "node:path";
import type { Inode, NameChange, NewInode, Operation, Recording, Snapshot } from "./operations.ts";

/** What strace has to be asked for: all by which a program changes files, and what tells how. */
export const CALLS = [
  ...["open", "openat", "creat", "write", "pwrite64", "writev", "pwritev", "pwritev2", "lseek", "umask"],
  ...["rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "unlink", "unlinkat"],
  ...["mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "truncate", "ftruncate", "fallocate"],
  ...["chmod", "fchmod", "fchmodat", "fsync", "fdatasync", "sync_file_range", "syncfs", "sync"],
  ...["copy_file_range", "sendfile", "splice"],
] as const;

/** A call as strace wrote it; `since` is how many calls had ended when it began. */
interface Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly result: number;
  readonly since: number;
}

const HEX = /\\x([0-9a-f]{2})/g;

/** Of `strace -f -y -xx`: each call once, in the order in which they ended, if it did anything. */
function* readCalls(trace: string): Generator<Call> {
  const begun = new Map<string, { readonly text: string; readonly since: number }>();
  let ended = 0;
  for (const line of trace.split("\n")) {
    const [, pid = "", text = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (text.endsWith(" <unfinished ...>")) {
      begun.set(pid, { text: text.slice(0, -" <unfinished ...>".length), since: ended });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text)?.[0];
    const first = resumed === undefined ? undefined : begun.get(pid);
    const whole = first === undefined || resumed === undefined ? text : first.text + text.slice(resumed.length);
    const since = first?.since ?? ended;
    const [, name, args = "", result] = /^(\w+)\((.*)\) += (-?\d+|0x[0-9a-f]+|[0-7]+)/.exec(whole) ?? [];
    if (name === undefined) continue;
    ended += 1;
    yield { name, args: splitArguments(args), result: Number(result), since };
  }
}

function splitArguments(text: string): readonly string[] {
  // Texts are hexadecimal, so that no comma is in one; writev has lists.
  return text === "" ? [] : text.split(/, (?![^[]*\])/);
}

function decode(text: string): Buffer {
  if (text.endsWith("...")) throw new Error("strace has cut a text off");
  return Buffer.from([...text.matchAll(HEX)].map(([, hex]) => hex).join(""), "hex");
}

/** `3<\x2f…>`: a descriptor with its path. */
function descriptorOf(text = ""): { readonly number: string; readonly path: string } {
  const [, number = "", path = ""] = /^(\w+)<(.*)>$/.exec(text) ?? [];
  return { number, path: decode(path).toString("utf8") };
}

/**
 * Understands what strace has written about a program that ran on a snapshot. Throws for a call that changes one of the
 * roots and that it does not understand.
 */
export function readTrace(
  trace: string,
  { base, inodes: known, umask: firstUmask }: { base: Snapshot; inodes: ReadonlyMap<Inode, NewInode>; umask: number },
): Recording {
  const inodes = new Map(known);
  const entries = new Map([...base.entries].map(([inode, names]) => [inode, new Map(names)]));
  const sizes = new Map([...base.contents].map(([inode, bytes]) => [inode, bytes.length]));
  const operations: Operation[] = [];
  /** How many operations there were when so many calls had ended. */
  const before: number[] = [];
  const open = new Map<string, { readonly inode: Inode; offset: number; readonly append: boolean }>();
  let umask = firstUmask;

  const isOurs = (path: string) => base.roots.some(({ path: root }) => path === root || path.startsWith(`${root}/`));
  const find = (path: string): Inode | undefined => {
    const root = base.roots.find(({ path: at }) => path === at || path.startsWith(`${at}/`));
    if (root === undefined) return undefined;
    const names = path
      .slice(root.path.length)
      .split("/")
      .filter((name) => name !== "");
    return names.reduce<Inode | undefined>(
      (inode, name) => (inode === undefined ? undefined : entries.get(inode)?.get(name)),
      root.inode,
    );
  };
  const must = (path: string): Inode => {
    const inode = find(path);
    if (inode === undefined) throw new Error(`the recording does not know ${path}`);
    return inode;
  };
  const placeOf = (path: string) => ({ folder: must(dirname(path)), name: path.slice(path.lastIndexOf("/") + 1) });
  const name = (...changes: readonly NameChange[]) => {
    for (const { folder, name: entry, inode } of changes) {
      if (inode === null) entries.get(folder)?.delete(entry);
      else entries.get(folder)?.set(entry, inode);
    }
    operations.push({ kind: "names", changes });
  };
  const make = (path: string, kind: "file" | "folder", mode: number): Inode => {
    const place = placeOf(path);
    const inode = inodes.size;
    const { volume } = inodes.get(place.folder) ?? { volume: -1 };
    inodes.set(inode, { kind, mode: mode & ~umask, volume });
    if (kind === "folder") entries.set(inode, new Map());
    else sizes.set(inode, 0);
    name({ ...place, inode });
    return inode;
  };
  const resize = (inode: Inode, size: number) => {
    sizes.set(inode, size);
    operations.push({ kind: "size", inode, size });
  };
  const write = (inode: Inode, offset: number, bytes: Buffer) => {
    sizes.set(inode, Math.max(sizes.get(inode) ?? 0, offset + bytes.length));
    operations.push({ kind: "write", inode, offset, bytes });
  };

  for (const call of readCalls(trace)) {
    before.push(operations.length);
    const { name: called, result } = call;
    const at = called.endsWith("at") || called === "renameat2";
    const [first = "", second = "", third = "", fourth = ""] = call.args;
    const pathOf = (folder: string, text: string) =>
      resolve(at ? descriptorOf(folder).path : "/", decode(text).toString());
    /** Of calls with a path: the path, and what comes after it. */
    const [path, rest] = at ? [pathOf(first, second), [third, fourth]] : [pathOf("", first), [second, third]];
    const handle = descriptorOf(first);
    if (result < 0) continue;
    switch (called) {
      case "umask":
        umask = Number.parseInt(first, 8);
        break;
      case "open":
      case "openat": {
        if (!isOurs(path)) break;
        const flags = (rest[0] ?? "").split("|");
        const there = find(path);
        if (there === undefined && !flags.includes("O_CREAT")) throw new Error(`the recording does not know ${path}`);
        const inode = there ?? make(path, "file", Number.parseInt(rest[1] ?? "", 8));
        if (there !== undefined && flags.includes("O_TRUNC") && (sizes.get(inode) ?? 0) > 0) resize(inode, 0);
        open.set(String(result), { inode, offset: 0, append: flags.includes("O_APPEND") });
        break;
      }
      case "write":
      case "writev":
      case "pwrite64": {
        const file = open.get(handle.number);
        if (!isOurs(handle.path) || file === undefined) break;
        const bytes = decode(called === "writev" ? call.args.slice(1, -1).join("") : second).subarray(0, result);
        const offset = file.append
          ? (sizes.get(file.inode) ?? 0)
          : called === "pwrite64"
            ? Number(fourth)
            : file.offset;
        if (called !== "pwrite64") file.offset = offset + bytes.length;
        write(file.inode, offset, bytes);
        break;
      }
      case "ftruncate": {
        const file = open.get(handle.number);
        if (isOurs(handle.path) && file !== undefined) resize(file.inode, Number(second));
        break;
      }
      case "mkdir":
      case "mkdirat":
        if (isOurs(path)) make(path, "folder", Number.parseInt(rest[0] ?? "", 8));
        break;
      case "unlink":
      case "unlinkat":
      case "rmdir":
        if (isOurs(path)) name({ ...placeOf(path), inode: null });
        break;
      case "rename":
      case "renameat":
      case "renameat2":
      case "link":
      case "linkat": {
        const to = at ? pathOf(third, fourth) : pathOf("", second);
        if (!isOurs(path) && !isOurs(to)) break;
        if (!isOurs(path) || !isOurs(to)) throw new Error(`${called} from ${path} to ${to}`);
        const gives = { ...placeOf(to), inode: must(path) };
        name(...(called.startsWith("rename") ? [{ ...placeOf(path), inode: null }] : []), gives);
        break;
      }
      case "chmod":
      case "fchmodat":
      case "fchmod": {
        const inode = called === "fchmod" ? open.get(handle.number)?.inode : find(path);
        if (inode === undefined || !isOurs(called === "fchmod" ? handle.path : path)) break;
        operations.push({ kind: "mode", inode, mode: Number.parseInt(called === "fchmodat" ? third : second, 8) });
        break;
      }
      case "fsync":
      case "fdatasync":
      case "syncfs": {
        const file = open.get(handle.number);
        if (!isOurs(handle.path) || file === undefined) break;
        const since = before[call.since] ?? operations.length;
        operations.push({ kind: "sync", call: called, inode: file.inode, since, path: handle.path });
        break;
      }
      case "sync":
        operations.push({
          kind: "sync",
          call: "sync",
          inode: undefined,
          since: before[call.since] ?? operations.length,
          path: "",
        });
        break;
      default:
        if (call.args.some((text) => isOurs(descriptorOf(text).path)) || isOurs(path)) {
          throw new Error(`the recording does not understand ${called}(${call.args.join(", ").slice(0, 200)})`);
        }
    }
  }
  return { base, inodes, operations };
}
