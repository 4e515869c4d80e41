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
const LABEL = 14;

/** What a run would do, before anything is done. */
export function planText(planned: PlannedLot, options: TextOptions): string {
  const { plan, problems, notes } = planned;
  const nothing = plan.mint === 0 && plan.register === 0 && isNothing(plan.run);
  const lines = [
    `${paint(`Lot ${plainText(plan.lot)}`, "bold", options)}  ${nothing ? "nothing to do" : "nothing is written by this command"}`,
    "",
    `  ${"manifest".padEnd(LABEL)}${plainText(planned.manifest)}`,
    row("issuer", planned.issuer),
    ...planned.settings.map(([label, value]) => row(label, value)),
    "",
    row("rows", count(plan.rows)),
    row("new or changed", count(plan.mint)),
    row("to register", `${count(plan.register)} again`),
    row("unchanged", count(plan.keep)),
    row("rejected", count(plan.rejected)),
    ...lotRows(plan),
    "",
    ...runRows(plan),
  ];
  if (plan.needsRemint.length > 0) {
    lines.push(row("need remint", `${listIds(plan.needsRemint, MOST_IDS)}: the subject changed; see lotmint remint`));
  }
  if (plan.gone.length > 0)
    lines.push(row("gone", `${listIds(plan.gone, MOST_IDS)}: not in the manifest any more; nothing is revoked`));
  if (problems.length > 0) {
    lines.push("", paint("Rows that would be rejected", "bold", options));
    for (const problem of problems.slice(0, MOST_PROBLEMS)) {
      const field = problem.field === "" ? "" : `${problem.field}: `;
      lines.push(wrapText(`${field}${problem.message}`, `  line ${problem.line}: `, "    "));
    }
    const more = plan.rejected - Math.min(problems.length, MOST_PROBLEMS);
    if (more > 0) lines.push(`  and ${count(more)} more`);
  }
  if (notes.length > 0) {
    lines.push("", paint("To know", "bold", options), ...notes.map((note) => wrapText(note, "  - ", "    ")));
  }
  return `${lines.join("\n")}\n`;
}

/** How the devices stand that the lot has already; nothing for a new lot. */
function lotRows({ counts }: LotForecast): readonly string[] {
  const stages = Object.entries(counts).filter(([, devices]) => devices > 0);
  if (stages.length === 0) return [];
  return [row("in the lot", stages.map(([stage, devices]) => `${count(devices)} ${stage}`).join(", "))];
}

/** What a run would do, the lot's devices and the manifest's together. */
function runRows({ run }: LotForecast): readonly string[] {
  const recovered = run.recover > 0 ? `, of them ${count(run.recover)} that a stopped run had reserved` : "";
  return [
    row("to mint", `${count(run.mint)}${recovered}`),
    row("to list", count(run.list)),
    row("to submit", count(run.submit)),
    ...(run.sendAgain > 0
      ? [row("to ask back", `${count(run.sendAgain)}; those that the platform lacks are sent again`)]
      : []),
  ];
}

function row(label: string, text: string): string {
  return wrapText(text, `  ${label.padEnd(LABEL)}`, " ".repeat(LABEL + 2));
}
