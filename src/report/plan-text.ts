import { listIds } from "../domain/list-ids.ts";
import type { LotForecast } from "../domain/plan.ts";
import type { Problem } from "../domain/problem.ts";
import { isNothing } from "../domain/remaining-work.ts";
import { count, paint, plainText, type TextOptions, wrapText } from "./plain-text.ts";

/** What a run would work from and come to. */
export interface PlannedLot {
  readonly plan: LotForecast;
  /** Path of the manifest. */
  readonly manifest: string;
  readonly issuer: string;
  /** What the job settles, in the order in which it shall be read: key, validity, keystores and the like. */
  readonly settings: readonly (readonly [label: string, value: string])[];
  /** The first bad rows; the plan counts them all. */
  readonly problems: readonly Problem[];
  readonly notes: readonly string[];
}

const MOST_PROBLEMS = 20;
const MOST_IDS = 5;
const LABEL = 16;

/** What a run would do, before anything is done. */
export function planText(planned: PlannedLot, options: TextOptions): string {
  const { plan, problems, notes } = planned;
  const nothing = plan.mint === 0 && plan.register === 0 && isNothing(plan.run);
  const lines = [
    `${paint(`Lot ${plainText(plan.lot)}`, "bold", options)}  ${nothing ? "nothing to do" : "nothing is written by this command"}`,
    "",
    `  ${"manifest".padEnd(LABEL)}${plainText(planned.manifest)}`,
    row("issuer", planned.issuer, options),
    ...planned.settings.map(([label, value]) => row(label, value, options)),
    "",
    row("rows", count(plan.rows), options),
    row("new or changed", count(plan.mint), options),
    row("to register", `${count(plan.register)} again`, options),
    row("unchanged", count(plan.keep), options),
    row("rejected", count(plan.rejected), options),
    ...lotRows(plan, options),
    "",
    ...runRows(plan, options),
  ];
  if (plan.needsRemint.length > 0) {
    lines.push(
      row("need remint", `${listIds(plan.needsRemint, MOST_IDS)}: the subject changed; see lotmint remint`, options),
    );
  }
  if (plan.gone.length > 0)
    lines.push(
      row("gone", `${listIds(plan.gone, MOST_IDS)}: not in the manifest any more; nothing is revoked`, options),
    );
  if (problems.length > 0) {
    lines.push("", paint("Rows that would be rejected", "bold", options));
    for (const problem of problems.slice(0, MOST_PROBLEMS)) {
      const field = problem.field === "" ? "" : `${problem.field}: `;
      lines.push(wrapText(`${field}${problem.message}`, `  line ${problem.line}: `, "    ", options.width));
    }
    const more = plan.rejected - Math.min(problems.length, MOST_PROBLEMS);
    if (more > 0) lines.push(`  and ${count(more)} more`);
  }
  if (notes.length > 0) {
    lines.push(
      "",
      paint("To know", "bold", options),
      ...notes.map((note) => wrapText(note, "  - ", "    ", options.width)),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** How the devices stand that the lot has already; nothing for a new lot. */
function lotRows({ counts }: LotForecast, options: TextOptions): readonly string[] {
  const stages = Object.entries(counts).filter(([, devices]) => devices > 0);
  if (stages.length === 0) return [];
  return [row("in the lot", stages.map(([stage, devices]) => `${count(devices)} ${stage}`).join(", "), options)];
}

/** What a run would do, the lot's devices and the manifest's together. */
function runRows({ run }: LotForecast, options: TextOptions): readonly string[] {
  const recovered = run.recover > 0 ? `, of them ${count(run.recover)} that a stopped run had reserved` : "";
  return [
    row("to mint", `${count(run.mint)}${recovered}`, options),
    row("to list", count(run.list), options),
    row("to submit", count(run.submit), options),
    ...(run.sendAgain > 0
      ? [row("to ask back", `${count(run.sendAgain)}; those that the platform lacks are sent again`, options)]
      : []),
  ];
}

function row(label: string, text: string, { width }: TextOptions): string {
  return wrapText(text, `  ${label.padEnd(LABEL)}`, " ".repeat(LABEL + 2), width);
}
