import { type Html, html } from "../../report/html.ts";
import type { PageState } from "../model.ts";
import { numberText } from "./figures.ts";
import type { Locale } from "./locale.ts";

export const NOTHING: Html = html``;

/** A shape for each state, so that none rests on its colour; the words beside it are what is read out. */
const SHAPES: Readonly<Record<PageState, Html>> = {
  waiting: html`<circle class="body" cx="16" cy="16" r="15"/><path d="M16 8v8.5l5.5 3.5"/>`,
  running: html`<rect class="body" x="1" y="1" width="30" height="30" rx="7"/><path class="full" d="M12 9.5l11 6.5-11 6.5z"/>`,
  stopped: html`<rect class="body" x="1" y="1" width="30" height="30" rx="7"/><path d="M12 10v12M20 10v12"/>`,
  done: html`<circle class="body" cx="16" cy="16" r="15"/><path d="M9 16.5l5 5 9.5-11"/>`,
  partial: html`<path class="body" d="M16 2L31 29.500H1z"/><path d="M16 12v8M16 24.500v.5"/>`,
  failed: html`<path class="body" d="M10 1h12l9 9v12l-9 9H10l-9-9V10z"/><path d="M11 11l10 10M21 11L11 21"/>`,
};

/** The sign of a state. */
export function sign(state: PageState): Html {
  return html`<svg class="sign" viewBox="0 0 32 32" aria-hidden="true">${SHAPES[state]}</svg>`;
}

/** What the program itself says: English on every page, and marked so for screen readers. */
export function programText(text: string, locale: Locale): Html {
  // A first word that is more than letters is a name and stays as it is.
  const begun = text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
  return locale === "en" ? html`${begun}` : html`<span lang="en">${begun}</span>`;
}

/** A section with its heading. */
export function panel(id: string, title: string, body: Html): Html {
  return html`<section class="panel" id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${body}</section>`;
}

/** Figures with what they count. */
export function figures(
  entries: readonly (readonly [label: string, value: Html | string | number, kind?: string])[],
): Html {
  const items = entries.map(
    ([label, value, kind = ""]) =>
      html`<div class="figure ${kind}"><dt>${label}</dt><dd>${typeof value === "number" ? numberText(value) : value}</dd></div>`,
  );
  return html`<dl class="figures">${items}</dl>`;
}

/** Names with their values, one below the other. */
export function facts(entries: readonly (readonly [label: Html | string, value: Html | string | null])[]): Html {
  const items = entries.flatMap(([label, value]) =>
    value === null ? [] : [html`<div><dt>${label}</dt><dd>${value}</dd></div>`],
  );
  return items.length === 0 ? NOTHING : html`<dl class="facts">${items}</dl>`;
}

/** A button that asks the server for something, also without the script. */
export function actButton(act: string, path: string, label: string, describedBy: string, kind = ""): Html {
  return html`<form method="post" action="${path}" data-act="${act}"><button type="submit" class="${kind}" aria-describedby="${describedBy}">${label}</button></form>`;
}

/** A part of an address, whatever the name holds. */
export function inPath(name: string): string {
  return encodeURIComponent(name);
}
