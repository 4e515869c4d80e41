import type { LotReport } from "../domain/report.ts";
import { STAGES } from "../domain/stage.ts";
import { type Html, html, htmlText } from "./html.ts";
import { type Bar, barTable, stackedBar } from "./html-charts.ts";
import { HTML_STYLE } from "./html-style.ts";
import { lotState } from "./lot-state.ts";
import { count, duration, perSecond, seconds } from "./plain-text.ts";

/** One shape for each lamp, so that it does not rest on colour alone. */
const LAMPS = {
  green: html`<circle cx="12" cy="12" r="11"/><path d="M6.5 12.5l3.8 3.8 7.4-8"/>`,
  amber: html`<path class="body" d="M12 1.5L23.2 21.5H.8z"/><path d="M12 8.5v6M12 17.2v1.4"/>`,
  red: html`<circle cx="12" cy="12" r="11"/><path d="M7.5 7.5l9 9M16.5 7.5l-9 9"/>`,
} as const;

const REJECTS = html`<a href="rejects.csv">rejects.csv</a>`;

/**
 * report.html: one file that needs no network and no scripts, for the screen and for paper. Everything
 * that comes from outside is escaped.
 */
export function reportHtml(report: LotReport): string {
  const sections = [
    devicesSection(report),
    rejectsSection(report),
    rateSection(report),
    timesSection(report),
    notesSection(report),
    factsSection(report),
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
  const standing = lotState(report.exitCode, report.secretColumns);
  const [advice = "", ...rest] = standing.advice.split("rejects.csv");
  const linked = rest.length === 0 ? html`${advice}` : html`${advice}${REJECTS}${rest.join("rejects.csv")}`;
  const word = standing.word.charAt(0).toUpperCase() + standing.word.slice(1);
  return html`<div class="lamp ${standing.lamp}"><svg viewBox="0 0 24 24" role="img" aria-label="${standing.lamp}" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round">${LAMPS[standing.lamp]}</svg><div><strong>${word}</strong><p>${linked}</p></div></div>`;
}

function tiles(report: LotReport): Html {
  const { counts, rate } = report;
  const total = STAGES.reduce((sum, stage) => sum + counts[stage], 0);
  const tile = (title: string, figure: string, under: string) =>
    html`<div><dt>${title}</dt><dd>${figure}</dd><dd>${under}</dd></div>`;
  const behind = rate.withinTakt === null ? "no takt given" : rate.withinTakt ? "within takt" : "behind takt";
  const figures = [
    tile("Devices", count(total), `of ${count(report.rows)} rows`),
    tile("Confirmed", count(counts.confirmed), "by the platform"),
    tile("Rejected", count(rejectedOf(report)), "rows and devices"),
    rate.devicesPerSecond === null
      ? tile("Rate", "–", "nothing minted in this run")
      : tile("Rate", `${perSecond(rate.devicesPerSecond)} /s`, behind),
  ];
  return html`<dl class="tiles">${figures}</dl>`;
}

function devicesSection({ counts }: LotReport): Html {
  const parts = STAGES.map((stage): Bar => {
    return { label: stage, value: counts[stage], text: count(counts[stage]), tone: `stage-${stage}` };
  });
  if (parts.every(({ value }) => value === 0)) return section("Devices by stage", html`<p>No device yet.</p>`);
  return section("Devices by stage", stackedBar("Devices by stage", parts));
}

function rejectsSection(report: LotReport): Html | undefined {
  const bars = Object.entries(report.rejects).map(([reason, of]): Bar => {
    return { label: reason, value: of, text: count(of), tone: "tone-reject" };
  });
  if (bars.length === 0) return undefined;
  const table = barTable("Rejected rows and devices by reason", ["Reason", "Rejected"], bars);
  return section("Rejected, by reason", table, "long");
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

function timesSection({ stages }: LotReport): Html | undefined {
  const bars = Object.entries(stages).map(([stage, ms]): Bar => {
    return { label: stage, value: ms, text: duration(ms), tone: "tone-time" };
  });
  if (bars.length === 0) return undefined;
  return section("Where the time went", barTable("Wall time of each step", ["Step", "Time"], bars));
}

function notesSection({ notes }: LotReport): Html | undefined {
  if (notes.length === 0) return undefined;
  const items = notes.map((note) => html`<li>${note}</li>`);
  return section("To know", html`<ul class="notes">${items}</ul>`);
}

function factsSection(report: LotReport): Html {
  const { issued, revoked, abandoned } = report.certificates;
  const took = duration(Date.parse(report.endedAt) - Date.parse(report.startedAt));
  const facts: readonly (readonly [string, string | Html])[] = [
    ["Job", report.job],
    ["Started", moment(report.startedAt)],
    ["Ended", `${moment(report.endedAt)}, after ${took}`],
    ["Exit code", String(report.exitCode)],
    ...issuerFacts(report),
    ["Reworks", `${count(report.reworks)} certificates replaced`],
    ["Certificates", `${count(issued)} issued, ${count(revoked)} revoked, ${count(abandoned)} abandoned`],
    ["SHA-256 of the manifest", html`<code>${report.manifestSha256}</code>`],
    ["Head of the ledger", html`<code>${report.ledgerHead}</code>`],
  ];
  const rows = facts.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`);
  return section("The record", html`<table class="facts"><caption>The record</caption><tbody>${rows}</tbody></table>`);
}

function issuerFacts({ issuer, issuerBudget }: LotReport): readonly (readonly [string, string | Html])[] {
  if (issuerBudget === null) return [["Issuer", issuer]];
  const { issued, revoked, abandoned, notAfter, outlivedFrom } = issuerBudget;
  const signed = `${count(issued)} certificates issued, ${count(revoked)} revoked, ${count(abandoned)} abandoned`;
  const end = notAfter === null ? "" : `; ends ${moment(notAfter)}`;
  const day = outlivedFrom === null ? [] : [["Outlived by such certificates from", outlivedFrom] as const];
  return [["Issuer", `${issuer}: ${signed}${end}`], ...day];
}

function section(title: string, body: Html, kind = ""): Html {
  return html`<section${kind === "" ? "" : html` class="${kind}"`}><h2>${title}</h2>${body}</section>`;
}

function rejectedOf(report: LotReport): number {
  return Object.values(report.rejects).reduce((sum, of) => sum + of, 0);
}

/** ISO 8601 as people read it, still in UTC. */
function moment(iso: string): string {
  return iso.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC");
}
