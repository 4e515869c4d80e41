import { type Html, html } from "../../report/html.ts";
import type { PreviewModel } from "../model.ts";
import { numberText } from "./figures.ts";
import type { Locale } from "./locale.ts";
import { actButton, facts, figures, inPath, NOTHING, programText } from "./parts.ts";
import { reasonBars, rejectTable } from "./reject-table.ts";
import { textsIn } from "./texts-in.ts";

/** What a run of a handed-in manifest would do, with the button that starts it where it can be started. */
export function previewSection(preview: PreviewModel, mayAct: boolean, locale: Locale): Html {
  const texts = textsIn(locale);
  const { id, problem, rejected, reasons, rejects, notes } = preview;
  const path = `/manifests/${inPath(id)}`;
  const start = problem === null ? actButton("start", `${path}/start`, texts.start, "preview-title", "first") : NOTHING;
  const discard = actButton("discard", `${path}/discard`, texts.discard, "preview-title", "quiet");
  const acts = mayAct ? html`<div class="acts">${start}${discard}</div>` : NOTHING;
  const wrong =
    problem === null
      ? html`<p class="soft">${texts.nothingStarted}</p>`
      : html`<div class="problem failed"><p><b>${texts.cannotStart}</b></p><p>${programText(problem, locale)}</p></div>`;
  const list =
    rejected === 0 && rejects.length === 0
      ? NOTHING
      : html`${reasonBars(reasons, locale)}<details open><summary>${texts.rejectedRows}</summary>${rejectTable(rejects, locale)}${rest(rejected - rejects.length, locale)}</details>`;
  const known = notes.map((note) => html`<li>${programText(note, locale)}</li>`);
  return html`<section id="preview" class="preview" data-preview="${id}" aria-labelledby="preview-title"><h3 id="preview-title" tabindex="-1">${texts.previewOf(preview.file)}</h3>${wrong}${what(preview, locale)}${acts}${known.length === 0 ? NOTHING : html`<ul class="notes">${known}</ul>`}${list}</section>`;
}

function what({ rows, toMint, known, rejected, lot, job, issuer }: PreviewModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const counted = figures([
    [texts.rows, rows],
    [texts.toMint, toMint],
    [texts.known, known],
    [texts.rejected, rejected, rejected > 0 ? "some" : "zero"],
  ]);
  return html`${counted}${facts([
    [texts.lot, lot],
    [texts.job, job],
    [texts.issuer, issuer],
  ])}`;
}

function rest(more: number, locale: Locale): Html {
  return more > 0 ? html`<p class="soft">${textsIn(locale).more(numberText(more))}</p>` : NOTHING;
}
