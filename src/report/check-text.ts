import { nounFor } from "../domain/noun-for.ts";
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
  /** What a sample says of the lot. */
  readonly sample?: {
    readonly sampled: number;
    readonly population: number;
    readonly faulty: number;
    readonly confidence: number;
    readonly fewerThan: number;
  };
}

const MOST_DIFFERENCES = 30;

/** What `check` has compared and every way in which something differs, the first thirty in full. */
export function checkText(outcome: CheckedLot, options: TextOptions): string {
  const lines = [
    `${paint(`Lot ${plainText(outcome.lot)}`, "bold", options)}  ${verdict(outcome, options)}`,
    "",
    `  ${count(outcome.checked)} of ${counted(outcome.devices, "device")} opened and compared, ${counted(outcome.parts, "part")}, ${counted(outcome.events, "event")} of the ledger`,
  ];
  if (outcome.sample !== undefined) lines.push(wrapText(sampleText(outcome.sample), "  ", "  ", options.width));
  if (outcome.asked > 0) lines.push(`  ${counted(outcome.asked, "device")} looked up on the platform`);
  if (outcome.found > 0) lines.push("", paint("Differences", "bold", options));
  for (const { externalId, what, expected, found } of outcome.differences.slice(0, MOST_DIFFERENCES)) {
    const compared = [
      expected === undefined ? "" : `expected ${expected}`,
      found === undefined ? "" : `found ${found}`,
    ];
    const tail = compared.filter((message) => message !== "").join(", ");
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

function sampleText({ sampled, population, faulty, confidence, fewerThan }: NonNullable<CheckedLot["sample"]>): string {
  const found = `${count(faulty)} of ${counted(sampled, "device")} of the sample ${nounFor(faulty, "has", "have")} a difference`;
  const limit = `with ${confidence * 100} % confidence fewer than ${count(fewerThan)} of the lot's ${count(population)} have one`;
  return `${found}: ${limit}`;
}

function verdict({ found, sample }: CheckedLot, options: TextOptions): string {
  const green = sample === undefined ? "everything is as the ledger says" : "the sample is as the ledger says";
  return found === 0
    ? paint(`GREEN: ${green}`, "green", options)
    : paint(`RED: ${counted(found, "difference")}`, "red", options);
}

function counted(value: number, noun: string): string {
  return `${count(value)} ${nounFor(value, noun)}`;
}
