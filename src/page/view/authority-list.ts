import { type Html, html } from "../../report/html.ts";
import type { AuthorityModel } from "../model.ts";
import { dayText, numberText } from "./figures.ts";
import { lineChart } from "./line-chart.ts";
import type { Locale } from "./locale.ts";
import { NOTHING, programText } from "./parts.ts";
import { textsIn } from "./texts-in.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
/** With less left the engineer should act: a new authority has to be made and uploaded. */
const SHORT_DAYS = 90;

/** The budget of each authority: what it has issued, over time, and how long it lasts. */
export function authorityList(authorities: readonly AuthorityModel[], locale: Locale): Html {
  if (authorities.length === 0) return html`<p>${textsIn(locale).noAuthorities}</p>`;
  return html`<ul class="authorities">${authorities.map((authority) => authorityItem(authority, locale))}</ul>`;
}

function authorityItem(authority: AuthorityModel, locale: Locale): Html {
  const texts = textsIn(locale);
  const { name, issued, notAfterMs, daysLeft, outlivedFrom, problem } = authority;
  const short = daysLeft !== null && daysLeft < SHORT_DAYS;
  const left = daysLeft === null ? "" : daysLeft < 0 ? texts.expired : texts.daysLeft(numberText(daysLeft));
  const ends =
    notAfterMs === null ? NOTHING : html` <span class="soft">${texts.ends(dayText(notAfterMs, locale))}</span>`;
  const end = left === "" ? NOTHING : html`<p><b class="${short ? "short" : "long"}">${left}</b>${ends}</p>`;
  const outlived =
    outlivedFrom === null ? NOTHING : html`<p class="soft">${texts.outlivedFrom(isoDayText(outlivedFrom, locale))}</p>`;
  const why = problem === null ? NOTHING : html`<p class="problem">${programText(problem, locale)}</p>`;
  return html`<li><h3>${name}</h3><p>${texts.issued(numberText(issued))}</p>${end}${outlived}${why}${history(authority, locale)}</li>`;
}

/** What was issued each day, with the days on which nothing was. */
function history({ name, history: days }: AuthorityModel, locale: Locale): Html {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return NOTHING;
  const texts = textsIn(locale);
  const most = Math.max(...days.map(({ issued }) => issued));
  const title = texts.issuedEachDay(name);
  const told = days.slice(-7).map(({ day, issued }) => texts.perDay(numberText(issued), isoDayText(day, locale)));
  return lineChart({
    label: `${title}: ${told.join(", ")}`,
    points: withIdleDays(days),
    level: null,
    top: numberText(most),
    bottom: "0",
    from: isoDayText(first.day, locale),
    to: isoDayText(last.day, locale),
  });
}

function withIdleDays(days: AuthorityModel["history"]): readonly { readonly x: number; readonly y: number }[] {
  return days.flatMap(({ day, issued }, index) => {
    const at = Date.parse(day);
    const before = index === 0 ? at : Date.parse(days[index - 1]?.day ?? day);
    const idle =
      at - before > DAY_MS
        ? [{ x: before + DAY_MS, y: 0 }, ...(at - before > 2 * DAY_MS ? [{ x: at - DAY_MS, y: 0 }] : [])]
        : [];
    return [...idle, { x: at, y: issued }];
  });
}

/** A day that is given as YYYY-MM-DD, whatever the server's time zone. */
function isoDayText(day: string, locale: Locale): string {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return dayText(new Date(year, month - 1, date).getTime(), locale);
}
