import { createReadStream } from "node:fs";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { foldColumnName, stripBlanks } from "../domain/blank-text.ts";
import { OnboardingError } from "../domain/error.ts";
import { decodeManifest } from "./decode-manifest.ts";
import { readRecords } from "./read-records.ts";

const LOT_COLUMN = "lotmint:lot";

/**
 * The lot that a file says it belongs to, in the `lotmint:lot` cell of its first row; undefined for an
 * ordinary manifest, and for a file that is none: reading it whole tells what is wrong with that. `open`
 * is for files that may not be followed if they are links.
 */
export async function peekLot(
  path: string,
  open: (path: string) => Readable = createReadStream,
): Promise<string | undefined> {
  let stream: Readable | undefined;
  try {
    stream = open(path);
    const records = readRecords(decodeManifest(stream, basename(path)), basename(path), "id");
    let column: number | undefined;
    for await (const batch of records) {
      for (const { cells } of batch) {
        if (column !== undefined) return stripBlanks(cells[column] ?? "");
        column = cells.findIndex((cell) => foldColumnName(cell) === LOT_COLUMN);
        if (column === -1) return undefined;
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof OnboardingError || isFileError(error)) return undefined;
    throw error;
  } finally {
    stream?.destroy();
  }
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "code" in error && /^E[A-Z]+$/.test(String(error.code));
}
