import { type Html, html } from "../../report/html.ts";
import type { ErrorModel } from "../model.ts";
import type { Locale } from "./locale.ts";
import { bareFrame } from "./page-frame.ts";
import { programText, sign } from "./parts.ts";
import { textsIn } from "./texts-in.ts";

/** A page that says what went wrong and what to do; the script shows its `#problem` where it asked. */
export function renderError({ kind, message, status }: ErrorModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const { title, advice } = texts.errors[kind];
  const link =
    kind === "sign-in" ? html`<a href="/sign-in">${texts.signIn}</a>` : html`<a href="/">${texts.allLots}</a>`;
  const main = html`<div class="card state-failed">${sign("failed")}<div class="what"><h1>${title}</h1></div><div class="problem failed" id="problem"><p><span hidden>${title}. </span>${advice}</p> <p>${programText(message, locale)} <span class="soft">(${status})</span></p></div><p>${link}</p></div>`;
  return bareFrame(title, main, locale);
}
