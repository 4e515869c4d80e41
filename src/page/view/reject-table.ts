import { type Html, html } from "../../report/html.ts";
import { type Bar, barTable } from "../../report/html-charts.ts";
import type { RejectModel } from "../model.ts";
import { numberText } from "./figures.ts";
import type { Locale } from "./locale.ts";
import { NOTHING, programText } from "./parts.ts";
import { textsIn } from "./texts-in.ts";

/** More reasons than this are in the report. */
const REASONS_SHOWN = 20;

/** Rejected rows and devices by reason, the most frequent first. */
export function reasonBars(reasons: Readonly<Record<string, number>>, locale: Locale): Html {
  const texts = textsIn(locale);
  const bars = Object.entries(reasons)
    .sort(([, left], [, right]) => right - left)
    .slice(0, REASONS_SHOWN)
    .map(([label, value]): Bar => ({ label, value, text: numberText(value), tone: "tone-reject", lang: "en" }));
  if (bars.length === 0) return NOTHING;
  return html`${barTable(texts.rejectsTitle, [texts.reason, texts.rejected], bars)}`;
}

/** Rejected rows with the cell that is wrong and what to do about it. */
export function rejectTable(rejects: readonly RejectModel[], locale: Locale): Html {
  if (rejects.length === 0) return NOTHING;
  const texts = textsIn(locale);
  const rows = rejects.map(({ line, externalId, column, cell, reason, cure }) => {
    const cured = cure === null ? NOTHING : html`<p class="cure">${programText(cure, locale)}</p>`;
    return html`<tr><td class="number">${numberText(line)}</td><td class="cell">${externalId}</td><td>${column ?? texts.wholeRow}</td><td class="cell">${cell ?? NOTHING}</td><td>${programText(reason, locale)}${cured}</td></tr>`;
  });
  const heads = [texts.id, texts.column, texts.cell, texts.reason].map((head) => html`<th scope="col">${head}</th>`);
  return html`<div class="wide" tabindex="0" role="region" aria-label="${texts.rejectedRows}"><table class="rejects"><caption>${texts.rejectedRows}</caption><thead><tr><th scope="col" class="number">${texts.line}</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
