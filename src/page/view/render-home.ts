import { type Html, html } from "../../report/html.ts";
import { type HomeModel, PAGE_SIZE, PAGE_STATES, type PageState } from "../model.ts";
import { authorityList } from "./authority-list.ts";
import { momentText, numberText } from "./figures.ts";
import type { Locale } from "./locale.ts";
import { pageFrame } from "./page-frame.ts";
import { NOTHING, panel, programText, sign } from "./parts.ts";
import { previewSection } from "./preview-section.ts";
import { renderCard } from "./render-card.ts";
import { textsIn } from "./texts-in.ts";

/** The page of all lots. */
export function renderHome(model: HomeModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const address = (page: number) => pageAddress(model.filter, model.search, page);
  const list = html` data-page="${model.page}" data-most="${PAGE_SIZE}" data-filter="${model.filter ?? ""}"`;
  const main = html`<h1>${texts.title}</h1>
${stateTiles(model, locale)}
<div class="columns"><div class="first">${model.mayAct ? newLot(model, locale) : NOTHING}
${lotList(model, locale)}</div>
<div class="second">${panel("authorities", texts.authorities, authorityList(model.authorities, locale))}${scheduleList(model, locale)}</div></div>`;
  const stream = `/events${address(model.page).slice(1)}`;
  return pageFrame({ ...model, title: texts.title, main, stream, list }, locale);
}

/** The address of a page of the list. */
function pageAddress(filter: PageState | null, search: string, page: number): string {
  const query = new URLSearchParams({
    ...(filter === null ? {} : { state: filter }),
    ...(search === "" ? {} : { q: search }),
    ...(page === 1 ? {} : { page: String(page) }),
  }).toString();
  return query === "" ? "/" : `/?${query}`;
}

function stateTiles({ counts, filter, search }: HomeModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const current = (of: PageState | null) => (of === filter ? html` aria-current="true"` : NOTHING);
  const tiles = PAGE_STATES.map(
    (state) =>
      html`<li><a class="tile state-${state}${counts[state] === 0 ? " zero" : ""}" href="${pageAddress(state, search, 1)}"${current(state)}>${sign(state)}<span class="word">${texts.states[state]}</span> <b data-count="${state}">${numberText(counts[state])}</b></a></li>`,
  );
  const all = PAGE_STATES.reduce((sum, state) => sum + counts[state], 0);
  return html`<nav class="tiles" aria-label="${texts.lotsByState}"><ul>${tiles}<li><a class="tile" href="${pageAddress(null, search, 1)}"${current(null)}><span class="word">${texts.everyState}</span> <b data-count="all">${numberText(all)}</b></a></li></ul></nav>`;
}

function newLot({ preview }: HomeModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const form = html`<form class="upload" method="post" action="/manifests" enctype="multipart/form-data" data-upload><label for="manifest">${texts.manifest}</label><input id="manifest" name="manifest" type="file" accept=".csv,.tsv,.txt" required aria-describedby="manifest-hint"><button type="submit">${texts.preview}</button><p id="manifest-hint" class="hint">${texts.dropHint}</p></form>
<div id="upload" class="upload-progress" data-uploading="${texts.uploading}" data-reading="${texts.reading}" data-failed="${texts.uploadFailed}" data-one="${texts.oneFile}" data-started="${texts.started}" hidden><p><span class="words"></span> <button type="button" class="quiet">${texts.cancel}</button></p><progress max="100" value="0" aria-label="${texts.uploading}"></progress></div>
<p id="told" class="told" role="status"></p>
<div id="preview-place">${preview === null ? NOTHING : previewSection(preview, true, locale)}</div>
<div id="drop" hidden aria-hidden="true"><p>${texts.dropHere}</p></div>`;
  return panel("new-lot", texts.newLot, form);
}

function lotList(model: HomeModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const { filter, search, cards, mayAct } = model;
  const state = filter === null ? NOTHING : html`<input type="hidden" name="state" value="${filter}">`;
  const find = html`<form class="find" role="search" action="/" aria-label="${texts.findLot}"><label for="lot-search">${texts.findLot}</label><input id="lot-search" name="q" type="search" value="${search}" autocomplete="off" spellcheck="false">${state}<button type="submit" class="quiet">${texts.search}</button></form>`;
  const narrowed = filter !== null || search !== "";
  const all = narrowed ? html`<a href="/">${texts.showAll}</a>` : NOTHING;
  const items = cards.map((card) => renderCard(card, mayAct, locale));
  const none = html`<p class="none"${cards.length === 0 ? NOTHING : html` hidden`}>${narrowed ? texts.noLotsFound : texts.noLots}</p>`;
  return html`<section id="lots" aria-labelledby="lots-title"><div class="lots-top"><h2 id="lots-title">${texts.lots}</h2>${find}${all}</div>${none}<ul class="lots">${items}</ul>${pageLinks(model, locale)}</section>`;
}

function pageLinks({ page, pages, filter, search }: HomeModel, locale: Locale): Html {
  if (pages <= 1) return NOTHING;
  const texts = textsIn(locale);
  const link = (to: number, rel: string, label: string) =>
    to < 1 || to > pages
      ? html`<span></span>`
      : html`<a rel="${rel}" href="${pageAddress(filter, search, to)}">${label}</a>`;
  return html`<nav class="pages" aria-label="${texts.pages}">${link(page - 1, "prev", texts.newer)}<span>${texts.pageOf(numberText(page), numberText(pages))}</span>${link(page + 1, "next", texts.older)}</nav>`;
}

function scheduleList({ schedules }: HomeModel, locale: Locale): Html {
  if (schedules.length === 0) return NOTHING;
  const texts = textsIn(locale);
  const rows = schedules.map(({ job, nextAtMs, problem }) => {
    const next = nextAtMs === null ? html`${texts.never}` : momentText(nextAtMs, locale);
    const why = problem === null ? NOTHING : html`<p class="problem">${programText(problem, locale)}</p>`;
    return html`<tr><th scope="row">${job}</th><td>${problem === null ? next : why}</td></tr>`;
  });
  const table = html`<table class="schedules"><thead><tr><th scope="col">${texts.job}</th><th scope="col">${texts.nextRun}</th></tr></thead><tbody>${rows}</tbody></table>`;
  return panel("schedules", texts.schedules, table);
}
