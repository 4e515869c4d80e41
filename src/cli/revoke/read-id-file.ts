import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { inputError } from "../../disk/disk-error.ts";
import { OnboardingError } from "../../domain/error.ts";
import { readManifest } from "../../manifest/read-manifest.ts";

/**
 * The ids that a file names: one a line, or the column `id` of a CSV file such as devices.csv. Throws `usage`
 * for a file that cannot be read or names none.
 */
export async function readIdFile(file: string, cwd: string): Promise<readonly string[]> {
  const path = resolve(cwd, file);
  const lines = readText(path)
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n/)
    .map((line) => line.trim());
  const first = lines.find((line) => line !== "") ?? "";
  // No id holds any of these; and a list of one column is headed by its name.
  const isCsv = /[,;\t"\u0000]/.test(first) || first.toLowerCase() === "id";
  const ids = isCsv ? await readColumn(path, file) : lines.filter((line) => line !== "");
  if (ids.length === 0) throw new OnboardingError(`${file} names no device`, { code: "usage" });
  return ids;
}

async function readColumn(path: string, name: string): Promise<readonly string[]> {
  const { header, rows } = await readManifest(path, { columns: {}, name });
  const column = header.names.find((header) => header.trim().toLowerCase() === "id") ?? "";
  const ids: string[] = [];
  for await (const page of rows) for (const { cells } of page) ids.push((cells[column] ?? "").trim());
  return ids.filter((id) => id !== "");
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw inputError(cause, path);
  }
}
