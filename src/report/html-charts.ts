import { type Html, html } from "./html.ts";

/** One bar: what it is, how much, and how that is written. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly text: string;
  /** A class of the style sheet that gives its colour. */
  readonly tone: string;
  /** The label's language where it is another than the page's. */
  readonly lang?: string;
}

/**
 * Bars as a table: who sees reads the lengths, who listens reads the figures. The longest bar fills its
 * column; one that is not nought is never invisible.
 */
export function barTable(caption: string, columns: readonly [string, string], bars: readonly Bar[]): Html {
  const longest = Math.max(0, ...bars.map(({ value }) => value));
  const rows = bars.map(({ label, value, text, tone, lang }) => {
    const width = longest === 0 || value === 0 ? 0 : Math.max(0.6, (value / longest) * 100);
    const rect = html`<rect class="${tone}" width="${width.toFixed(2)}" height="10" rx="0"/>`;
    const language = lang === undefined ? html`` : html` lang="${lang}"`;
    return html`<tr><th scope="row"${language}>${label}</th><td class="number">${text}</td><td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/>${rect}</svg></td></tr>`;
  });
  return html`<table class="bars"><caption>${caption}</caption><thead><tr><th scope="col">${columns[0]}</th><th scope="col" class="number">${columns[1]}</th><td></td></tr></thead><tbody>${rows}</tbody></table>`;
}

/** Shares of a whole in one bar, with a key below that also tells the figures. `mark`: the decimal mark. */
export function stackedBar(title: string, parts: readonly Bar[], mark = "."): Html {
  const shown = parts.filter(({ value }) => value > 0);
  const total = shown.reduce((sum, { value }) => sum + value, 0);
  const description = shown.map(({ label, text }) => `${text} ${label}`).join(", ");
  let x = 0;
  const rects = shown.map(({ value, tone, label, text }) => {
    // A single device among 200 000 still shows.
    const width = Math.max(0.4, (value / total) * 100);
    const rect = html`<rect class="${tone}" x="${x.toFixed(2)}" width="${width.toFixed(2)}" height="10"><title>${label}: ${text}</title></rect>`;
    x += width;
    return rect;
  });
  const key = shown.map(
    ({ label, value, text, tone }) =>
      html`<li><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect class="${tone}" width="10" height="10" rx="2"/></svg><span>${label}</span> <b>${text}</b> <small>${share(value, total).replace(".", mark)}</small></li>`,
  );
  return html`<svg class="stack" role="img" viewBox="0 0 ${Math.max(100, x).toFixed(2)} 10" preserveAspectRatio="none" aria-label="${title}: ${description}">${rects}</svg><ul class="key">${key}</ul>`;
}

/** A share in percent, never 0 or 100 for what is neither. */
function share(value: number, total: number): string {
  const percent = (value / total) * 100;
  if (percent < 0.1) return "<0.1 %";
  if (percent > 99.9 && value < total) return ">99.9 %";
  return `${percent.toFixed(percent === 100 ? 0 : 1)} %`;
}
