import { type Html, html } from "../../report/html.ts";
import type { RateSample } from "../model.ts";
import { clockText, decimalText, secondsText } from "./figures.ts";
import { lineChart } from "./line-chart.ts";
import type { Locale } from "./locale.ts";
import { facts, NOTHING } from "./parts.ts";
import { taktVerdict } from "./progress-bar.ts";
import { textsIn } from "./texts-in.ts";

/** The rate over the run against what the line needs. */
export function rateChart(rates: readonly RateSample[], taktSeconds: number | null, locale: Locale): Html {
  const texts = textsIn(locale);
  const [first, last] = [rates[0], rates.at(-1)];
  const takt = taktSeconds === null ? null : texts.taktOf(secondsText(taktSeconds, locale));
  if (first === undefined || last === undefined) return html`<p>${texts.noRates}</p>${facts([[texts.takt, takt]])}`;
  const values = rates.map(({ perSecond }) => perSecond);
  const needed = taktSeconds === null ? null : 1 / taktSeconds;
  const rate = (value: number) => texts.rate(decimalText(value, locale));
  const told: readonly (readonly [string, string])[] = [
    [texts.now, rate(last.perSecond)],
    [texts.slowest, rate(Math.min(...values))],
    [texts.fastest, rate(Math.max(...values))],
    ...(needed === null ? [] : [[texts.needed, rate(needed)] as const]),
  ];
  const chart = lineChart({
    label: `${texts.rateTitle}: ${told.map(([label, value]) => `${label}: ${value}`).join(", ")}`,
    points: rates.map(({ atMs, perSecond }) => ({ x: atMs, y: perSecond })),
    level: needed,
    top: decimalText(Math.max(needed ?? 0, ...values), locale),
    bottom: "0",
    from: clockText(first.atMs),
    to: clockText(last.atMs),
  });
  const verdict = taktSeconds === null ? NOTHING : html`<p>${taktVerdict(last.perSecond, taktSeconds, locale)}</p>`;
  const key = html`<svg class="swatch" viewBox="0 0 16 16" aria-hidden="true"><path class="level" d="M0 8h16"/></svg>`;
  const shown = told.map(([label, value]) => [label === texts.needed ? html`${key}${label}` : label, value] as const);
  return html`${verdict}${chart}${facts([...shown, [texts.takt, takt]])}`;
}
