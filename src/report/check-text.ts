import { count, paint, plainText, type TextOptions, wrapText } from "./plain-text.ts";

/** What a check of a lot has found, as far as the reader of the terminal needs it. */
export interface CheckedLot {
  readonly lot: string;
  readonly devices: number;
  readonly checked: number;
  readonly asked: number;
  readonly parts: number;
  readonly events: number;
  /** The first of them; `found` counts all. */
  readonly differences: readonly {
    readonly externalId: string;
    readonly what: string;
    readonly expected?: string;
    readonly found?: string;
  }[];
  readonly found: number;
  readonly notes: readonly string[];
}

const MOST_DIFFERENCES = 30;

/** What `check` has compared and every way in which something differs, the first thirty in words. */
export function checkText(outcome: CheckedLot, options: TextOptions): string {
  const lines = [
    `${paint(`Lot ${plainText(outcome.lot)}`, "bold", options)}  ${verdict(outcome, options)}`,
    "",
    `  ${count(outcome.checked)} of ${count(outcome.devices)} devices opened and compared, ${count(outcome.parts)} parts, ${count(outcome.events)} events of the ledger`,
  ];
  if (outcome.asked > 0) lines.push(`  ${count(outcome.asked)} devices looked up on the platform`);
  if (outcome.found > 0) lines.push("", paint("Differences", "bold", options));
  for (const { externalId, what, expected, found } of outcome.differences.slice(0, MOST_DIFFERENCES)) {
    const compared = [
      expected === undefined ? "" : `expected ${expected}`,
      found === undefined ? "" : `found ${found}`,
    ];
    const tail = compared.filter((words) => words !== "").join(", ");
    lines.push(
      wrapText(
        `${what}${tail === "" ? "" : ` (${tail})`}`,
        externalId === "" ? "  " : `  ${plainText(externalId)}: `,
        "    ",
        options.width,
      ),
    );
  }
  const more = outcome.found - Math.min(outcome.differences.length, MOST_DIFFERENCES);
  if (more > 0) lines.push(`  and ${count(more)} more; --json lists them`);
  if (outcome.notes.length > 0) {
    lines.push(
      "",
      paint("Not checked", "bold", options),
      ...outcome.notes.map((note) => wrapText(note, "  - ", "    ", options.width)),
    );
  }
  return `${lines.join("\n")}\n`;
}

function verdict({ found }: CheckedLot, options: TextOptions): string {
  return found === 0
    ? paint("GREEN: everything is as the ledger says", "green", options)
    : paint(`RED: ${count(found)} ${found === 1 ? "difference" : "differences"}`, "red", options);
}
