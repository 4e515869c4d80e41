import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, type YAMLError } from "yaml";
import { inputError, isMissing } from "../disk/disk-error.ts";
import { OnboardingError } from "../domain/error.ts";
import { type KeyPath, type Locate, showKey } from "./config-error.ts";

/** Larger is no configuration file. */
const MAX_BYTES = 1024 * 1024;
/** How many values the aliases of a file may stand for together. */
const MAX_ALIASES = 100;

/** What a YAML file says, and where. */
export interface YamlFile {
  /** A mapping; empty for a file with nothing but comments. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly locate: Locate;
}

/**
 * Reads one YAML 1.2 mapping. Everything that could mean two things is a `usage` fault with its line:
 * duplicate keys, several documents, unknown tags, merge keys, cycles, aliases that multiply. `shown`
 * is the file's name in messages.
 */
export function readYaml(path: string, shown: string): YamlFile {
  const source = readText(path, shown);
  const lines = new LineCounter();
  const refuse = (line: number, words: string): never => {
    throw new OnboardingError(`${shown}:${line}: ${words}`, { code: "usage" });
  };
  try {
    const documents = parseAllDocuments(source, {
      lineCounter: lines,
      prettyErrors: false,
      resolveKnownTags: false,
      stringKeys: true,
      logLevel: "silent",
    });
    const [document, second] = "empty" in documents ? [] : documents;
    if (document === undefined) return { value: {}, locate: locateIn(null, shown, lines) };
    if (second !== undefined) {
      return refuse(lines.linePos(second.range[0]).line, "holds a second document; keep one to a file, without ---");
    }
    const wrong = [...document.errors, ...document.warnings].map(tell(shown, lines));
    if (wrong.length > 0) throw new OnboardingError(firstOf(wrong).join("\n"), { code: "usage" });
    if (document.directives.yaml.version !== "1.2")
      return refuse(1, "asks for another YAML than 1.2, where yes and 012 mean something else");
    const root = document.contents;
    const locate = locateIn(root, shown, lines);
    if (root === null || (isScalar(root) && root.value === null)) return { value: {}, locate };
    if (!isMap(root)) return refuse(1, "must be a mapping of keys to values");
    return { value: plainValue(document.toJS({ maxAliasCount: MAX_ALIASES })), locate };
  } catch (error) {
    if (error instanceof OnboardingError) throw error;
    // The YAML library throws for aliases that multiply or contain themselves, and runs out of stack
    // on absurd nesting: all three are the file's fault.
    const words =
      error instanceof RangeError
        ? "is nested too deeply"
        : "uses an alias (*) that has no anchor (&) before it, contains itself or stands for too much";
    throw new OnboardingError(`${shown}:1: ${words}`, { code: "usage", cause: error });
  }
}

function readText(path: string, shown: string): string {
  let bytes: Buffer;
  try {
    if (statSync(path).size > MAX_BYTES) {
      throw new OnboardingError(`${shown} is larger than 1 MiB, so it is no configuration file`, { code: "usage" });
    }
    bytes = readFileSync(path);
  } catch (error) {
    if (error instanceof OnboardingError) throw error;
    if (isMissing(error)) throw new OnboardingError(`${shown} is not there`, { code: "usage", cause: error });
    throw inputError(error, path);
  }
  if (!isUtf8(bytes)) throw new OnboardingError(`${shown} is not UTF-8; save it as UTF-8`, { code: "usage" });
  return bytes.toString("utf8");
}

function tell(shown: string, lines: LineCounter): (error: YAMLError) => string {
  return (error) => `${shown}:${lines.linePos(error.pos[0]).line}: ${plainWords(error)}`;
}

/** One slip can bring hundreds of follow-up errors; the first ones tell enough. */
function firstOf(lines: readonly string[]): readonly string[] {
  return [...new Set(lines)].slice(0, 10);
}

function plainWords(error: YAMLError): string {
  if (error.code === "DUPLICATE_KEY") return "the key stands here a second time";
  if (/call stack/.test(error.message)) return "is nested too deeply";
  const message = error.message.split("\n")[0] ?? error.code;
  return error.code === "BAD_DQ_ESCAPE"
    ? `${message}: in double quotes \\ begins an escape; write a Windows path in single quotes or without quotes`
    : message;
}

/** A copy without shared or cyclic parts; throws `TypeError` for a cycle. */
function plainValue(value: unknown): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, unknown>>;
}

/** A place is the key's line in a mapping and the value's line in a list; what is not there, its nearest parent's. */
function locateIn(root: Node | null, file: string, lines: LineCounter): Locate {
  return (path: KeyPath) => {
    let node: unknown = root;
    let offset = 0;
    for (const step of path) {
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && key.value === String(step));
        if (pair === undefined) break;
        offset = startOf(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(step)];
        offset = startOf(node) ?? offset;
      }
      if (isAlias(node)) break;
    }
    return { file, line: Math.max(1, lines.linePos(offset).line), key: showKey(path) };
  };
}

function startOf(node: unknown): number | undefined {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined;
}
