import { type Html, html } from "../../report/html.ts";

const WIDTH = 600;
const HEIGHT = 160;

interface LineChart {
  /** All that the picture tells, in words. */
  readonly label: string;
  /** x and y in any unit, x ascending. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
  /** A level to compare with. */
  readonly level: number | null;
  /** What stands at the top, the bottom, the left and the right. */
  readonly top: string;
  readonly bottom: string;
  readonly from: Html | string;
  readonly to: Html | string;
}

/**
 * A line over time with the area below it, from nought to a little above the highest of the points and the level. The
 * drawing stretches to its place; what is written stands around it, so that no letter is stretched.
 */
export function lineChart({ label, points, level, top, bottom, from, to }: LineChart): Html {
  const first = points[0]?.x ?? 0;
  const span = Math.max(1, (points.at(-1)?.x ?? 0) - first);
  const highest = Math.max(level ?? 0, ...points.map(({ y }) => y)) * 1.05 || 1;
  const x = (value: number) => (((value - first) / span) * WIDTH).toFixed(1);
  const y = (value: number) => (HEIGHT - (Math.max(0, value) / highest) * HEIGHT).toFixed(1);
  const drawn =
    points.length === 1 && points[0] !== undefined ? [points[0], { x: first + span, y: points[0].y }] : points;
  const line = drawn.map((point) => `${x(point.x)} ${y(point.y)}`).join("L");
  const end = x(drawn.at(-1)?.x ?? first);
  const area =
    drawn.length === 0
      ? html``
      : html`<path class="area" d="M0 ${HEIGHT}L${line}L${end} ${HEIGHT}z"/><path class="line" d="M${line}"/>`;
  const compared = level === null ? html`` : html`<path class="level" d="M0 ${y(level)}H${WIDTH}"/>`;
  return html`<figure class="chart"><div class="scale"><span>${top}</span><span>${bottom}</span></div><svg role="img" aria-label="${label}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none"><path class="ground" d="M0 ${HEIGHT}H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 0H${WIDTH}"/>${area}${compared}</svg><div class="ends"><span>${from}</span><span>${to}</span></div></figure>`;
}
