import { type Html, html } from "../../report/html.ts";
import type { LotCard } from "../model.ts";
import { momentText } from "./figures.ts";
import type { Locale } from "./locale.ts";
import { actButton, figures, inPath, NOTHING, programText, sign } from "./parts.ts";
import { progressBar } from "./progress-bar.ts";
import { textsIn } from "./texts-in.ts";

/** A lot in the list, also as it is sent in the stream. `mayAct`: with its buttons. */
export function renderCard(card: LotCard, mayAct: boolean, locale: Locale): Html {
  const { key, lot, state } = card;
  const name = card.hasPage ? html`<a href="/lots/${inPath(lot)}">${lot}</a>` : html`${lot}`;
  return html`<li class="card state-${state}" id="${cardId(key)}" data-key="${key}" data-lot="${lot}" data-state="${state}" data-at="${card.atMs}" data-said="${lot}: ${stateWord(card, locale)}">${sign(state)}<div class="what"><p class="state">${stateWord(card, locale)}</p><h3 id="${nameId(key)}">${name}</h3>${underName(card, locale)}</div>${lotFigures(card, locale)}${problemText(card, locale)}${progressBar(card, locale)}${lotActs(card, mayAct, locale)}</li>`;
}

/** The state in a word. */
export function stateWord({ state, stopping }: LotCard, locale: Locale): string {
  const texts = textsIn(locale);
  return stopping ? texts.stopping : texts.states[state];
}

/** How many devices a lot has, how many are finished, and how many rows were rejected. */
export function lotFigures({ devices, finished, rejects }: LotCard, locale: Locale): Html {
  const texts = textsIn(locale);
  return figures([
    [texts.devices, devices],
    [texts.finished, finished],
    [texts.rejected, rejects, rejects > 0 ? "some" : "zero"],
  ]);
}

/** Why a lot waits or has failed. */
export function problemText({ problem, state }: LotCard, locale: Locale): Html {
  if (problem === null) return NOTHING;
  return html`<p class="problem ${state}">${programText(`${problem}.`, locale)}</p>`;
}

/** The buttons of what may be asked for a lot now. */
export function lotActs({ key, lot, may }: LotCard, mayAct: boolean, locale: Locale): Html {
  const texts = textsIn(locale);
  const button = (act: string, label: string) => actButton(act, `/lots/${inPath(lot)}/${act}`, label, nameId(key));
  const buttons = [
    ...(may.stop ? [button("stop", texts.stop)] : []),
    ...(may.resume ? [button("resume", texts.resume)] : []),
    ...(may.sendAgain ? [button("send", texts.sendAgain)] : []),
  ];
  return mayAct && buttons.length > 0 ? html`<div class="acts">${buttons}</div>` : NOTHING;
}

/** The id of the element that holds a lot's name, for what describes itself by it. */
export function nameId(key: string): string {
  return `name-${inPath(key)}`;
}

function cardId(key: string): string {
  return `card-${inPath(key)}`;
}

function underName({ job, file, lot, atMs }: LotCard, locale: Locale): Html {
  const texts = textsIn(locale);
  const parts = [
    ...(job === null || job === lot ? [] : [html`${texts.job} ${job}`]),
    ...(file === null || file === lot ? [] : [html`${file}`]),
    momentText(atMs, locale),
  ];
  const joined = parts.map((part, index) => (index === 0 ? part : html` · ${part}`));
  return html`<p class="soft">${joined}</p>`;
}
