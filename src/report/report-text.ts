import { nounFor } from "../domain/noun-for.ts";
import type { LotReport } from "../domain/report.ts";
import { STAGES } from "../domain/stage.ts";
import { type LotState, lotState } from "./lot-state.ts";
import { count, duration, paint, perSecond, plainText, seconds, type TextOptions, wrapText } from "./plain-text.ts";

/** Where the reader finds what the report speaks of. */
export interface ReportPlaces {
  /** The lot's output folder. */
  readonly folder: string;
  readonly rejects: string;
  readonly html: string;
}

const MOST_REASONS = 10;
const LABEL = 14;

/** What an operator reads when a run has ended: the lamp first, what to do next, then the figures. */
export function reportText(report: LotReport, places: ReportPlaces, options: TextOptions): string {
  const state = lotState(report.exitCode, report.secretColumns);
  const rejected = Object.values(report.rejects).reduce((sum, of) => sum + of, 0);
  const lines = [
    headline(report, state, options),
    "",
    wrapText(state.advice, "  ", "  ", options.width),
    "",
    row("devices", stageCounts(report), options),
    row("rows", `${count(report.rows)} in the manifest, ${count(rejected)} rejected`, options),
    row("certificates", certificateCounts(report), options),
    ...(report.reworks > 0 ? [row("reworks", reworkText(report), options)] : []),
    row("rate", rateText(report), options),
    row("issuer", issuerText(report), options),
    row("time", duration(Date.parse(report.endedAt) - Date.parse(report.startedAt)), options),
    place("output", places.folder),
    place("report", places.html),
  ];
  if (rejected > 0) lines.push(...rejectLines(report, places.rejects, options));
  if (report.notes.length > 0) {
    lines.push(
      "",
      paint("To know", "bold", options),
      ...report.notes.map((note) => wrapText(note, "  - ", "    ", options.width)),
    );
  }
  return `${lines.join("\n")}\n`;
}

function headline(report: LotReport, state: LotState, options: TextOptions): string {
  const lamp = paint(`${state.lamp.toUpperCase()}: ${state.word}`, state.lamp, options);
  return `${paint(`Lot ${plainText(report.lot)}`, "bold", options)}  ${lamp} (exit ${report.exitCode})`;
}

function rejectLines(report: LotReport, path: string, options: TextOptions): string[] {
  const reasons = Object.entries(report.rejects);
  const shown = reasons.slice(0, MOST_REASONS);
  const width = Math.max(...shown.map(([, of]) => count(of).length));
  const lines = shown.map(([reason, of]) =>
    wrapText(reason, `  ${count(of).padStart(width)}  `, " ".repeat(width + 4), options.width),
  );
  if (reasons.length > shown.length) lines.push(`  and ${count(reasons.length - shown.length)} more`);
  return [
    "",
    paint("Rejected", "bold", options),
    ...lines,
    place(report.secretColumns === undefined ? "to correct" : "reasons", path),
  ];
}

function stageCounts({ counts }: LotReport): string {
  const there = STAGES.filter((stage) => counts[stage] > 0);
  const total = STAGES.reduce((sum, stage) => sum + counts[stage], 0);
  if (there.length === 0) return "none";
  return `${count(total)}: ${there.map((stage) => `${count(counts[stage])} ${stage}`).join(", ")}`;
}

/** Apart from what the lot was built with: a device that was reminted counts once among the devices. */
function reworkText({ reworks }: LotReport): string {
  return `${count(reworks)} ${nounFor(reworks, "certificate")} replaced`;
}

function certificateCounts({ certificates }: LotReport): string {
  const { issued, revoked, abandoned } = certificates;
  return `${count(issued)} issued, ${count(revoked)} revoked, ${count(abandoned)} abandoned`;
}

function issuerText({ issuer, issuerBudget }: LotReport): string {
  if (issuerBudget === null) return issuer;
  const { issued, notAfter, outlivedFrom } = issuerBudget;
  const text = [`${issuer}, ${count(issued)} ${nounFor(issued, "certificate")} signed in all`];
  if (notAfter !== null) text.push(`ends on ${notAfter.slice(0, 10)}`);
  if (outlivedFrom !== null) text.push(`outlived by this job's certificates from ${outlivedFrom}`);
  return text.join("; ");
}

function rateText({ rate }: LotReport): string {
  if (rate.devicesPerSecond === null || rate.secondsPerDevice === null) return "nothing was minted in this run";
  const text = `${count(rate.minted)} minted, ${perSecond(rate.devicesPerSecond)} a second`;
  if (rate.taktSeconds === null) return text;
  return `${text}; ${seconds(rate.secondsPerDevice)} a device, the line allows ${seconds(rate.taktSeconds)}: ${
    rate.withinTakt === true ? "within takt" : "BEHIND TAKT"
  }`;
}

function row(label: string, text: string, { width }: TextOptions): string {
  return wrapText(text, `  ${label.padEnd(LABEL)}`, " ".repeat(LABEL + 2), width);
}

/** Paths are never broken: they are copied. */
function place(label: string, path: string): string {
  return `  ${label.padEnd(LABEL)}${plainText(path)}`;
}
