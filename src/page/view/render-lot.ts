import { STAGES } from "../../domain/stage.ts";
import { type Html, html } from "../../report/html.ts";
import { type Bar, stackedBar } from "../../report/html-charts.ts";
import type { LotModel } from "../model.ts";
import { momentText, numberText } from "./figures.ts";
import type { Locale } from "./locale.ts";
import { pageFrame } from "./page-frame.ts";
import { facts, inPath, NOTHING, panel, programText, sign } from "./parts.ts";
import { progressBar } from "./progress-bar.ts";
import { rateChart } from "./rate-chart.ts";
import { reasonBars, rejectTable } from "./reject-table.ts";
import { lotActs, lotFigures, nameId, problemText, stateWord } from "./render-card.ts";
import { textsIn } from "./texts-in.ts";

/** The page of one lot. */
export function renderLot(model: LotModel, locale: Locale): Html {
  const { lot } = model.card;
  const main = html`<p class="over"><a href="/">${textsIn(locale).allLots}</a></p>${renderLotMatter(model, locale)}`;
  return pageFrame({ ...model, title: lot, main, stream: `/events?lot=${inPath(lot)}` }, locale);
}

/** All of a lot's page that changes: the stream sends it anew, as `html` of the event `lot`. */
export function renderLotMatter(model: LotModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const { card, mayAct } = model;
  const { key, lot, state } = card;
  const head = html`<div class="head card state-${state}" data-lot="${lot}" data-state="${state}" data-said="${lot}: ${stateWord(card, locale)}">${sign(state)}<div class="what"><p class="state">${stateWord(card, locale)}</p><h1 id="${nameId(key)}">${lot}</h1></div>${lotFigures(card, locale)}${problemText(card, locale)}${progressBar(card, locale)}${lotActs(card, mayAct, locale)}</div>`;
  return html`<div id="lot">${head}
<div class="columns"><div class="first">${stagesPanel(model, locale)}${panel("rate", texts.rateTitle, rateChart(model.rates, card.taktSeconds, locale))}${rejectsPanel(model, locale)}</div>
<div class="second">${downloads(model, locale)}${details(model, locale)}${notes(model, locale)}</div></div></div>`;
}

function stagesPanel({ counts }: LotModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const parts = STAGES.map(
    (stage): Bar => ({
      label: texts.stages[stage],
      value: counts[stage],
      text: numberText(counts[stage]),
      tone: `stage-${stage}`,
    }),
  );
  const none = parts.every(({ value }) => value === 0);
  const mark = locale === "de" ? "," : ".";
  return panel(
    "stages",
    texts.stagesTitle,
    none ? html`<p>${texts.noDevices}</p>` : stackedBar(texts.stagesTitle, parts, mark),
  );
}

function rejectsPanel({ rejects, rejectsTotal, rejectsByReason }: LotModel, locale: Locale): Html {
  if (rejectsTotal === 0 && rejects.length === 0) return NOTHING;
  const texts = textsIn(locale);
  const more = rejectsTotal - rejects.length;
  const rest = more > 0 ? html`<p class="soft">${texts.more(numberText(more))}. ${texts.moreInFile}</p>` : NOTHING;
  return panel(
    "rejects",
    texts.rejectsTitle,
    html`${reasonBars(rejectsByReason, locale)}${rejectTable(rejects, locale)}${rest}`,
  );
}

function downloads({ card, downloads: names }: LotModel, locale: Locale): Html {
  if (names.length === 0) return NOTHING;
  const texts = textsIn(locale);
  const links = names.map(
    (name) =>
      html`<li><a class="file" href="/lots/${inPath(card.lot)}/files/${name}">${texts.downloads[name]}</a></li>`,
  );
  return panel("files", texts.downloadsTitle, html`<ul class="files">${links}</ul>`);
}

function details({ card }: LotModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const listed = facts([
    [texts.job, card.job],
    [texts.issuer, card.issuer],
    [texts.file, card.file],
    [texts.lastChange, momentText(card.atMs, locale)],
  ]);
  return panel("details", texts.lot, listed);
}

function notes({ notes: told }: LotModel, locale: Locale): Html {
  if (told.length === 0) return NOTHING;
  const items = told.map((note) => html`<li>${programText(note, locale)}</li>`);
  return panel("notes", textsIn(locale).notes, html`<ul class="notes">${items}</ul>`);
}
