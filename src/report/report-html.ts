import { nounFor } from "../domain/noun-for.ts";
import type { LotReport, RejectRecord } from "../domain/report.ts";
import { STAGES } from "../domain/stage.ts";
import { type Html, html, htmlText } from "./html.ts";
import { type Bar, barTable, stackedBar } from "./html-charts.ts";
import { HTML_STYLE } from "./html-style.ts";
import { lotState } from "./lot-state.ts";
import { count, duration, localTime, perSecond, seconds } from "./plain-text.ts";
import { STAGE_LABELS } from "./stage-labels.ts";

/** One shape for each lamp, so that it does not rest on colour alone. */
const LAMPS = {
  green: html`<circle cx="12" cy="12" r="11"/><path d="M6.5 12.5l3.8 3.8 7.4-8"/>`,
  amber: html`<path class="body" d="M12 1.5L23.2 21.5H.8z"/><path d="M12 8.5v6M12 17.2v1.4"/>`,
  red: html`<circle cx="12" cy="12" r="11"/><path d="M7.5 7.5l9 9M16.5 7.5l-9 9"/>`,
} as const;

const STEP_LABELS: Readonly<Record<string, string>> = {
  settle: "finishing what a stopped run had left",
  preflight: "asking the platform first",
  manifest: "reading the manifest",
  mint: "making keys and certificates",
  registration: "writing the registration files",
  submit: "sending to the platform",
  passwords: "writing the passwords",
};

/** So many rejected rows the page shows; rejects.csv has them all. */
export const REJECTS_SHOWN = 20;

const REJECTS = html`<a href="rejects.csv">rejects.csv</a>`;

/**
 * report.html: one file that needs no network and no scripts, for the screen and for paper. Everything
 * that comes from outside is escaped. `rejected` are the first rejected rows, of which it shows `REJECTS_SHOWN`; times
 * are this machine's, with UTC.
 */
export function reportHtml(report: LotReport, rejected: readonly RejectRecord[] = []): string {
  const sections = [
    devicesSection(report),
    rejectsSection(report, rejected),
    rateSection(report),
    notesSection(report),
    detailsSection(report),
  ].filter((section) => section !== undefined);
  return htmlText(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Lot ${report.lot}</title>
<style>${HTML_STYLE}</style>
</head>
<body>
<main>
<header>
<p class="over">Lot report</p>
<h1>${report.lot}</h1>
<p>Issued by ${report.issuer} · ended <time datetime="${report.endedAt}">${moment(report.endedAt)}</time></p>
${lamp(report)}
</header>
${tiles(report)}
${sections.map((each) => html`${each}\n`)}<footer>Written by lotmint. The same figures for machines are in <a href="report.json">report.json</a>, the devices in <a href="devices.csv">devices.csv</a>.</footer>
</main>
</body>
</html>
`);
}

function lamp(report: LotReport): Html {
  const state = lotState(report.exitCode, report.secretColumns);
  const [advice = "", ...rest] = state.advice.split("rejects.csv");
  const linked = rest.length === 0 ? html`${advice}` : html`${advice}${REJECTS}${rest.join("rejects.csv")}`;
  const word = state.word.charAt(0).toUpperCase() + state.word.slice(1);
  return html`<div class="lamp ${state.lamp}"><svg viewBox="0 0 24 24" role="img" aria-label="${state.lamp}" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">${LAMPS[state.lamp]}</svg><div><strong>${word}</strong><p>${linked}</p></div></div>`;
}

function tiles(report: LotReport): Html {
  const { counts, rate } = report;
  const total = STAGES.reduce((sum, stage) => sum + counts[stage], 0);
  const tile = (title: string, figure: string, under: string) =>
    html`<div><dt>${title}</dt><dd>${figure}</dd><dd>${under}</dd></div>`;
  const behind =
    rate.withinTakt === null
      ? "no time per device given"
      : rate.withinTakt
        ? "as fast as the line"
        : "slower than the line";
  const figures = [
    tile("Devices", count(total), `of ${count(report.rows)} ${nounFor(report.rows, "row")}`),
    tile("Confirmed", count(counts.confirmed), "by the platform"),
    tile("Rejected", count(rejectedOf(report)), "rows and devices"),
    rate.devicesPerSecond === null
      ? tile("Speed", "–", "nothing was made in this run")
      : tile("Speed", `${perSecond(rate.devicesPerSecond)} a second`, behind),
  ];
  return html`<dl class="tiles">${figures}</dl>`;
}

function devicesSection({ counts }: LotReport): Html {
  const parts = STAGES.map((stage): Bar => {
    return { label: STAGE_LABELS[stage], value: counts[stage], text: count(counts[stage]), tone: `stage-${stage}` };
  });
  if (parts.every(({ value }) => value === 0)) return section("How far the devices are", html`<p>No device yet.</p>`);
  return section("How far the devices are", stackedBar("How far the devices are", parts));
}

function rejectsSection(report: LotReport, rejected: readonly RejectRecord[]): Html | undefined {
  const bars = Object.entries(report.rejects).map(([reason, of]): Bar => {
    return { label: reason, value: of, text: count(of), tone: "tone-reject" };
  });
  if (bars.length === 0) return undefined;
  const table = barTable("Rejected rows and devices by reason", ["Reason", "Rejected"], bars);
  return section("Rejected, by reason", html`${table}${rejectedRows(rejected, rejectedOf(report))}`, "long");
}

function rejectedRows(rejected: readonly RejectRecord[], total: number): Html {
  if (rejected.length === 0) return html``;
  const shown = rejected.slice(0, REJECTS_SHOWN);
  const rows = shown.map(
    ({ line, externalId, reason }) =>
      html`<tr><td class="number">${line}</td><td>${externalId}</td><td>${reason}</td></tr>`,
  );
  const more = total - shown.length;
  const rest = more > 0 ? html`<p>and ${count(more)} more, in ${REJECTS}</p>` : html``;
  return html`<table class="rows"><caption>Rejected rows</caption><thead><tr><th scope="col" class="number">Line</th><th scope="col">Id</th><th scope="col">Reason</th></tr></thead><tbody>${rows}</tbody></table>${rest}`;
}

function rateSection({ rate }: LotReport): Html | undefined {
  if (rate.secondsPerDevice === null || rate.taktSeconds === null) return undefined;
  const bars: Bar[] = [
    {
      label: "This run",
      value: rate.secondsPerDevice,
      text: seconds(rate.secondsPerDevice),
      tone: rate.withinTakt === true ? "tone-within" : "tone-behind",
    },
    { label: "The line allows", value: rate.taktSeconds, text: seconds(rate.taktSeconds), tone: "tone-allowed" },
  ];
  return section("Time for each device", barTable("Time for each device", ["", "Time"], bars));
}

/** What the engineer looks up, folded away. */
function detailsSection(report: LotReport): Html {
  const times = timesTable(report);
  return html`<section><details><summary>Details for the engineer</summary>${factsTable(report)}${times}</details></section>`;
}

function timesTable({ stages }: LotReport): Html {
  const bars = Object.entries(stages).map(([stage, ms]): Bar => {
    return { label: STEP_LABELS[stage] ?? stage, value: ms, text: duration(ms), tone: "tone-time" };
  });
  if (bars.length === 0) return html``;
  return html`<h3>Time of each step</h3>${barTable("Time of each step", ["Step", "Time"], bars)}`;
}

function notesSection({ notes }: LotReport): Html | undefined {
  if (notes.length === 0) return undefined;
  const items = notes.map((note) => html`<li>${note}</li>`);
  return section("To know", html`<ul class="notes">${items}</ul>`);
}

function factsTable(report: LotReport): Html {
  const { issued, revoked, abandoned } = report.certificates;
  const took = duration(Date.parse(report.endedAt) - Date.parse(report.startedAt));
  const facts: readonly (readonly [string, string | Html])[] = [
    ["Job", report.job],
    ["Started", moment(report.startedAt)],
    ["Ended", `${moment(report.endedAt)}, after ${took}`],
    ["Exit code", String(report.exitCode)],
    ...issuerFacts(report),
    ["Replaced certificates", count(report.reworks)],
    [
      "Certificates",
      `${count(issued)} issued, ${count(revoked)} revoked, ${count(abandoned)} ${nounFor(abandoned, "serial number")} never used`,
    ],
    ["SHA-256 of the manifest", html`<code>${report.manifestSha256}</code>`],
    ["Last entry of the record (digest)", html`<code>${report.ledgerHead}</code>`],
    ...receiptFacts(report),
  ];
  const rows = facts.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return html`<table class="facts"><caption>Details for the engineer</caption><tbody>${rows}</tbody></table>`;
}

function receiptFacts({ receipt }: LotReport): readonly (readonly [string, string | Html])[] {
  if (receipt === undefined) return [];
  return [["Receipt (number, SHA-256)", html`${receipt.number}, <code>${receipt.sha256}</code>`]];
}

function issuerFacts({ issuer, issuerBudget }: LotReport): readonly (readonly [string, string | Html])[] {
  if (issuerBudget === null) return [["Issuer", issuer]];
  const { issued, revoked, abandoned, notAfter, outlivedFrom } = issuerBudget;
  const signed = `${count(issued)} ${nounFor(issued, "certificate")} issued, ${count(revoked)} revoked, ${count(abandoned)} ${nounFor(abandoned, "serial number")} never used`;
  const end = notAfter === null ? "" : `; ends ${moment(notAfter)}`;
  const day = outlivedFrom === null ? [] : [["Ends before this job's certificates from", outlivedFrom] as const];
  return [["Issuer", `${issuer}: ${signed}${end}`], ...day];
}

function section(title: string, body: Html, kind = ""): Html {
  return html`<section${kind === "" ? "" : html` class="${kind}"`}><h2>${title}</h2>${body}</section>`;
}

function rejectedOf(report: LotReport): number {
  return Object.values(report.rejects).reduce((sum, of) => sum + of, 0);
}

/** This machine's time, with UTC where that is another. */
function moment(iso: string): string {
  const atMs = Date.parse(iso);
  if (Number.isNaN(atMs)) return iso;
  const utc = new Date(atMs).toISOString().slice(0, 19).replace("T", " ");
  const local = localTime(atMs);
  return local === utc ? `${utc} UTC` : `${local} (${utc} UTC)`;
}
