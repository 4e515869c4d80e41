import { type Html, html } from "../../report/html.ts";
import type { SignInModel } from "../model.ts";
import { numberText } from "./figures.ts";
import type { Locale } from "./locale.ts";
import { bareFrame } from "./page-frame.ts";
import { NOTHING } from "./parts.ts";
import { textsIn } from "./texts-in.ts";

/** The page that asks for the token. */
export function renderSignIn({ problem, waitSeconds, next }: SignInModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const wait = texts.tooManyTries(numberText(waitSeconds ?? 60));
  const told = problem === "too-many-tries" ? wait : texts.wrongToken;
  const wrong = problem === null ? NOTHING : html`<p id="problem" class="problem failed" role="alert">${told}</p>`;
  const invalid = problem === null ? NOTHING : html` aria-invalid="true"`;
  const main = html`<h1>lotmint</h1><form class="panel sign-in" method="post" action="/sign-in">${wrong}<input type="hidden" name="next" value="${next}"><label for="token">${texts.token}</label><input id="token" name="token" type="password" autocomplete="current-password" required aria-describedby="token-hint"${invalid}><p id="token-hint" class="hint">${texts.tokenHint}</p><button type="submit" class="first">${texts.signIn}</button></form>`;
  return bareFrame(texts.signIn, main, locale);
}
