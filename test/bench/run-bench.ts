import { execFile } from "node:child_process";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Runs a bench as its script does, with numbers so small that its figures mean nothing; what it printed. */
export async function runBench(name: string, ...args: readonly string[]): Promise<string> {
  const script = fileURLToPath(new URL(`../../bench/${name}.ts`, import.meta.url));
  const { stdout } = await promisify(execFile)(execPath, [script, ...args], { encoding: "utf8" });
  return stdout;
}

/**
 * The figures of the line that begins with these words, blanks apart. Throws when there is no such line, or when not
 * each of its `count` first figures is finite and more than zero.
 */
export function figuresOf(text: string, words: string, count: number): readonly number[] {
  const line = text.split("\n").find((each) => each.trim().startsWith(words));
  if (line === undefined) throw new Error(`no line begins with "${words}" in:\n${text}`);
  const rest = line.trim().slice(words.length);
  const figures = (rest.match(/NaN|-?Infinity|-?\d+(?:\.\d+)?/g) ?? []).map(Number).slice(0, count);
  if (figures.length < count || figures.some((figure) => !Number.isFinite(figure) || figure <= 0)) {
    throw new Error(`"${line}" has not ${count} finite figures above zero`);
  }
  return figures;
}
