import type { WatchControl } from "../../watch/watch-control.ts";
import {
  type AuthorityModel,
  type FrameModel,
  type HomeModel,
  PAGE_SIZE,
  PAGE_STATES,
  type PageState,
  type PreviewModel,
} from "../model.ts";
import type { LotRow, LotTable } from "./lot-table.ts";

/** What of the list is asked for. */
export interface ListQuestion {
  readonly page: number;
  readonly filter: PageState | null;
  /** Part of a name, whatever its case. */
  readonly search: string;
}

const LONGEST_SEARCH = 200;

/** Reads the question out of an address; what makes no sense in it asks for nothing. */
export function readListQuestion(query: Readonly<Record<string, unknown>>): ListQuestion {
  const { page, state, q } = query;
  const number = typeof page === "string" && /^[1-9]\d{0,5}$/.test(page) ? Number(page) : 1;
  const search = typeof q === "string" ? q.trim().slice(0, LONGEST_SEARCH) : "";
  return { page: number, filter: PAGE_STATES.find((one) => one === state) ?? null, search };
}

interface HomeParts extends FrameModel {
  readonly question: ListQuestion;
  readonly table: LotTable;
  readonly authorities: readonly AuthorityModel[];
  readonly control: WatchControl;
  readonly preview: PreviewModel | null;
}

/** The list as it is now: only the lots of the page that is shown are counted. */
export async function homeModel({ question, table, control, ...rest }: HomeParts): Promise<HomeModel> {
  const { rows, counts } = findRows(await table.rows(), question);
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_SIZE));
  const page = Math.min(question.page, pages);
  const cards = await table.cards(rows.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE));
  const { authorities, preview, mayAct, signedIn } = rest;
  const { filter, search } = question;
  const schedules = control.schedules();
  return {
    cards,
    counts,
    total: rows.length,
    page,
    pages,
    filter,
    search,
    authorities,
    schedules,
    preview,
    mayAct,
    signedIn,
  };
}

/** The rows that are asked for out of all, and how many of each state match the search. */
export function findRows(
  all: readonly LotRow[],
  { filter, search }: Pick<ListQuestion, "filter" | "search">,
): { readonly rows: readonly LotRow[]; readonly counts: Readonly<Record<PageState, number>> } {
  const isFound = nameMatcher(search);
  const found = all.filter(({ name }) => isFound(name));
  const rows = filter === null ? found : found.filter(({ state }) => state === filter);
  return { rows, counts: countStates(found) };
}

/** Tells whether a name holds what is searched for, whatever its case; every name holds "". */
export function nameMatcher(search: string): (name: string) => boolean {
  const wanted = search.toLowerCase();
  return (name) => wanted === "" || name.toLowerCase().includes(wanted);
}

export function countStates(rows: readonly Pick<LotRow, "state">[]): Readonly<Record<PageState, number>> {
  const counts = { waiting: 0, running: 0, stopped: 0, done: 0, partial: 0, failed: 0 };
  for (const { state } of rows) counts[state] += 1;
  return counts;
}
