import type { Stage } from "../domain/stage.ts";
import type { LotRecord } from "../ledger/lots.ts";
import { lotStanding } from "./lot-standing.ts";
import { count, type Paint, paint, plainText, type TextOptions } from "./plain-text.ts";

/** One lot as `status` shows it. */
export interface LotStatus {
  readonly lot: LotRecord;
  readonly counts: Readonly<Record<Stage, number>>;
  /** Rejected rows and devices together. */
  readonly rejects: number;
}

interface Cell {
  readonly text: string;
  readonly paint?: Paint;
  readonly right?: boolean;
}

const HEADER = ["LOT", "ISSUER", "OPEN", "MINTED", "LISTED", "SENT", "CONFIRMED", "REJECTED", "STATE"] as const;

/** A table of lots. Devices count where they now are: OPEN is planned and reserved, SENT is not answered yet. */
export function statusText(lots: readonly LotStatus[], options: TextOptions): string {
  if (lots.length === 0) return "No lots yet. Start one with: lotmint run MANIFEST --issuer NAME\n";
  const rows = [HEADER.map((text, index): Cell => ({ text, paint: "bold", right: index > 1 && index < 8 }))];
  for (const status of lots) rows.push(lotRow(status));
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.text.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = column === HEADER.length - 1 ? 0 : (widths[column] ?? 0);
        const padded = cell.right === true ? cell.text.padStart(width) : cell.text.padEnd(width);
        return cell.paint === undefined ? padded : paint(padded, cell.paint, options);
      })
      .join("  "),
  );
  return `${lines.join("\n")}\n`;
}

function lotRow({ lot, counts, rejects }: LotStatus): Cell[] {
  const figures = [
    counts.planned + counts.reserved,
    counts.minted,
    counts.listed,
    counts.submitted,
    counts.confirmed,
    rejects,
  ];
  return [
    { text: plainText(lot.name) },
    { text: plainText(lot.issuer) },
    ...figures.map((figure) => ({ text: count(figure), right: true })),
    stateCell(lot),
  ];
}

function stateCell(lot: LotRecord): Cell {
  if (lot.heldBy !== null) {
    return { text: `running on ${plainText(lot.heldBy.host)}, process ${lot.heldBy.pid}`, paint: "bold" };
  }
  if (lot.lastExitCode === null) return { text: "not ended yet: run it again", paint: "amber" };
  const { lamp, word } = lotStanding(lot.lastExitCode);
  return { text: `${lot.lastExitCode} ${word}`, paint: lamp };
}
