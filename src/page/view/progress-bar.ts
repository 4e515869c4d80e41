import { type Html, html } from "../../report/html.ts";
import type { LotCard, ProgressModel } from "../model.ts";
import { decimalText, numberText, percentText, spanText, wholePercent } from "./figures.ts";
import type { Locale } from "./locale.ts";
import { NOTHING } from "./parts.ts";
import { textsIn } from "./texts-in.ts";

/** How far a run is, with the time left and, where the job has a takt, whether it is as fast as the line. */
export function progressBar(
  { progress, taktSeconds }: Pick<LotCard, "progress" | "taktSeconds">,
  locale: Locale,
): Html {
  if (progress === null) return NOTHING;
  const texts = textsIn(locale);
  const { room, done, total, ratePerSecond, secondsLeft } = progress;
  const step = texts.rooms[room] ?? room;
  const facts = [
    step,
    texts.ofTotal(numberText(done), numberText(total)),
    ...(ratePerSecond === null ? [] : [texts.rate(decimalText(ratePerSecond, locale))]),
  ];
  const left =
    secondsLeft === null ? NOTHING : html`<span class="left">${texts.left(spanText(secondsLeft, locale))}</span>`;
  const percent = wholePercent(done, total);
  const width = total <= 0 ? 0 : Math.min(100, (done / total) * 100);
  return html`<div class="progress"><p class="big"><span class="percent">${percentText(done, total)}</span>${left}${taktWord(progress, taktSeconds, locale)}</p><div role="progressbar" aria-label="${texts.progress}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${percent}" aria-valuetext="${percentText(done, total)}"><svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="fill" width="${width.toFixed(2)}" height="4"/></svg></div><p class="soft">${facts.join(" · ")}</p></div>`;
}

/** Colour, arrow and words. */
function taktWord({ ratePerSecond }: ProgressModel, taktSeconds: number | null, locale: Locale): Html {
  if (taktSeconds === null || ratePerSecond === null) return NOTHING;
  return taktVerdict(ratePerSecond, taktSeconds, locale);
}

/** Says whether a rate keeps up with the line. */
export function taktVerdict(perSecond: number, taktSeconds: number, locale: Locale): Html {
  const texts = textsIn(locale);
  const within = perSecond * taktSeconds >= 1;
  const arrow = within ? html`<path d="M8 2l6 11H2z"/>` : html`<path d="M8 14L2 3h12z"/>`;
  return html`<span class="verdict ${within ? "within" : "behind"}"><svg viewBox="0 0 16 16" aria-hidden="true">${arrow}</svg>${within ? texts.fasterThanTakt : texts.slowerThanTakt}</span>`;
}
