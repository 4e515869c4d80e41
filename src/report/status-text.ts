import type { PoolAlgorithm } from "../domain/key-pool.ts";
import { isNothing, type RemainingWork } from "../domain/remaining-work.ts";
import type { Stage } from "../domain/stage.ts";
import type { LotRecord } from "../ledger/lots.ts";
import { lotState } from "./lot-state.ts";
import {
  count,
  localTime,
  type Paint,
  padText,
  paint,
  plainText,
  type TextOptions,
  widest,
  wrapText,
} from "./plain-text.ts";

/** One lot as `status` shows it. */
export interface LotStatus {
  readonly lot: LotRecord;
  readonly counts: Readonly<Record<Stage, number>>;
  /** Rejected rows and devices together. */
  readonly rejects: number;
  /** What a run of the lot would still do. */
  readonly remaining: RemainingWork;
  /** The watcher leaves it alone until somebody resumes it. */
  readonly stopped?: boolean;
}

/** A file in input/work, and what it waits for. */
export interface WorkStatus {
  readonly file: string;
  readonly lot: string | null;
  readonly sinceMs: number;
  readonly reason: string;
}

/** The keys of one algorithm that are made beforehand. */
export interface PoolStatus {
  readonly algorithm: PoolAlgorithm;
  readonly available: number;
  readonly wanted: number;
  readonly low: boolean;
}

const MOST_FILES = 20;

interface Cell {
  readonly text: string;
  readonly paint?: Paint;
  readonly right?: boolean;
}

const HEADER = [
  "LOT",
  "ISSUER",
  "OPEN",
  "MINTED",
  "LISTED",
  "SENT",
  "CONFIRMED",
  "REJECTED",
  "REVOKED",
  "STATE",
] as const;

/**
 * A table of lots. Each device and each rejected row counts in exactly one column, where it now is: OPEN is planned
 * and reserved, SENT is not answered yet, REVOKED has no certificate in place of the revoked one.
 */
export function statusText(lots: readonly LotStatus[], options: TextOptions): string {
  if (lots.length === 0) return "No lots yet. Start one with: lotmint run MANIFEST --issuer NAME\n";
  const rows = [HEADER.map((text, index): Cell => ({ text, paint: "bold", right: index > 1 && index < 9 }))];
  for (const status of lots) rows.push(lotRow(status));
  const widths = HEADER.map((_, column) => widest(rows.map((row) => row[column]?.text ?? "")));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = column === HEADER.length - 1 ? 0 : (widths[column] ?? 0);
        const padded = padText(cell.text, width, cell.right);
        return cell.paint === undefined ? padded : paint(padded, cell.paint, options);
      })
      .join("  "),
  );
  return `${lines.join("\n")}\n`;
}

/** What is in input/work and why; empty when nothing is. */
export function workText(work: readonly WorkStatus[], options: TextOptions): string {
  if (work.length === 0) return "";
  const shown = work.slice(0, MOST_FILES);
  const lines = shown.map(({ file, lot, sinceMs, reason }) => {
    const named = lot === null ? "" : `lot ${lot}, `;
    return wrapText(`${named}since ${localTime(sinceMs)}: ${reason}`, `  ${plainText(file)}  `, "    ", options.width);
  });
  const more = work.length - shown.length;
  if (more > 0) lines.push(`  and ${count(more)} more`);
  return `\n${paint("In input/work", "bold", options)}\n${lines.join("\n")}\n`;
}

/** Lots that were stopped before their first run; empty where there are none. */
export function stoppedText(lots: readonly string[]): string {
  return lots.length === 0 ? "" : `\nStopped before the first run, until resumed: ${lots.map(plainText).join(", ")}\n`;
}

/** How many keys are made beforehand; empty where none are asked for. */
export function poolText(pool: readonly PoolStatus[], options: TextOptions): string {
  if (pool.length === 0) return "";
  const lines = pool.map(({ algorithm, available, wanted, low }) => {
    const line = `  ${algorithm}  ${count(available)} of ${count(wanted)}`;
    return low ? `${line}  ${paint("low: lotmint keys fill", "amber", options)}` : line;
  });
  return `\n${paint("Key pool", "bold", options)}\n${lines.join("\n")}\n`;
}

function lotRow(status: LotStatus): Cell[] {
  const { lot, counts, rejects } = status;
  const figures = [
    counts.planned + counts.reserved,
    counts.minted,
    counts.listed,
    counts.submitted,
    counts.confirmed,
    rejects,
    counts.revoked,
  ];
  return [
    { text: plainText(lot.name) },
    { text: plainText(lot.issuer) },
    ...figures.map((figure) => ({ text: count(figure), right: true })),
    stateCell(status),
  ];
}

function stateCell({ lot, remaining, stopped = false }: LotStatus): Cell {
  if (lot.heldBy !== null) {
    return { text: `running on ${plainText(lot.heldBy.host)}, process ${lot.heldBy.pid}`, paint: "bold" };
  }
  if (stopped) return { text: "stopped until it is resumed", paint: "amber" };
  if (lot.lastExitCode === null) return { text: "not ended yet: run it again", paint: "amber" };
  const { lamp, word } = lotState(lot.lastExitCode);
  const open = lamp === "red" ? undefined : remainingText(remaining);
  if (open !== undefined) return { text: `${open}: run it again`, paint: "amber" };
  return { text: `${lot.lastExitCode} ${word}`, paint: lamp };
}

/** What a run would still do in a lot whose last run ended well, as after a remint. */
function remainingText(remaining: RemainingWork): string | undefined {
  if (isNothing(remaining)) return undefined;
  const { mint, list, submit, sendAgain } = remaining;
  const registered = Math.max(list, submit + sendAgain);
  return mint > 0 ? `${count(mint)} to mint` : `${count(registered)} to register`;
}
