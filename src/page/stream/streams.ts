import type { ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import { htmlText } from "../../report/html.ts";
import { frameOf, localeOf, SAFE_HEADERS } from "../answer.ts";
import { type LotsEvent, PAGE_SIZE } from "../model.ts";
import { findRows, nameMatcher, readListQuestion } from "../models/home-model.ts";
import { lotModel } from "../models/lot-model.ts";
import type { LotRow, LotTable } from "../models/lot-table.ts";
import type { RateMemory } from "../models/rate-memory.ts";
import { PageError } from "../page-error.ts";
import type { PageTools } from "../page-tools.ts";
import type { Locale } from "../view/locale.ts";
import { renderCard } from "../view/render-card.ts";
import { renderLotMatter } from "../view/render-lot.ts";

/** So many browsers may have the page open. */
const MOST_STREAMS = 2_000;
/** What a client has not read yet; one that lets more come together is cut off, and comes back by itself. */
const MOST_UNREAD_OCTETS = 512 * 1024;
const HEARTBEAT_MS = 15_000;
/** What another process has done to the ledger is looked for so often, while anybody is there to see it. */
const LOOK_MS = 5_000;
/** Changes are told at most so often. */
const PAUSE_MS = 250;
/** More cards at once than a page of the list shows are of no use. */
const MOST_CARDS = 200;
/** A page that was made a moment ago may have missed what changed before its stream stood. */
const RECENT_MS = 30_000;

export interface OpenStreams {
  /** How many there are now. */
  readonly open: () => number;
}

interface Stream {
  readonly raw: ServerResponse;
  readonly locale: Locale;
  readonly mayAct: boolean;
  /** A lot's own page; null: the list, narrowed by `search`. */
  readonly lot: string | null;
  readonly search: string;
}

/**
 * GET /events: tells every open page what has changed, as HTML in its language. What is the same for many is made once. A
 * stream holds no more memory than the part of its text that its client has not read.
 */
export function openStreams(
  server: FastifyInstance,
  tools: PageTools,
  around: { readonly table: LotTable; readonly rates: RateMemory },
): OpenStreams {
  const { table, rates } = around;
  const streams = new Set<Stream>();
  /** How each row looked when it was told last. */
  let told = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let telling = false;
  let again = false;

  const unsubscribe = tools.control.subscribe((lots) => {
    table.changed(lots);
    rates.note();
    tell();
  });
  tools.record.onEnd(() => tell());
  const looking = setInterval(() => {
    if (streams.size > 0) tell();
  }, LOOK_MS);
  const beating = setInterval(() => {
    for (const stream of streams) write(stream, ": \n\n");
  }, HEARTBEAT_MS);
  server.addHook("preClose", async () => {
    unsubscribe();
    clearInterval(looking);
    clearInterval(beating);
    clearTimeout(timer);
    for (const { raw } of streams) raw.end();
  });

  function tell(): void {
    if (streams.size === 0) return;
    if (telling) {
      again = true;
      return;
    }
    timer ??= setTimeout(() => {
      timer = undefined;
      telling = true;
      tellChanges()
        .catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : String(error);
          tools.log.warn({ reason }, `the open pages are not brought up to date: ${reason}`);
        })
        .finally(() => {
          telling = false;
          if (again) tell();
          again = false;
        });
    }, PAUSE_MS);
  }

  async function tellChanges(): Promise<void> {
    const rows = await table.rows();
    const looks = new Map(rows.map((row) => [row.key, lookOf(row)]));
    const changed = rows.filter(({ key }) => told.get(key) !== looks.get(key));
    const removed = [...told.keys()].filter((key) => !looks.has(key));
    told = looks;
    if (changed.length === 0 && removed.length === 0) return;
    const lists = [...streams].filter(({ lot }) => lot === null);
    await tellLists(lists, rows, changed.slice(0, MOST_CARDS), { removed });
    const lots = new Set(changed.map(({ name }) => name));
    await tellLots([...streams].filter(({ lot }) => lot !== null && lots.has(lot)));
  }

  async function tellLists(
    to: readonly Stream[],
    rows: readonly LotRow[],
    changed: readonly LotRow[],
    gone: Pick<LotsEvent, "removed" | "loose">,
  ): Promise<void> {
    if (to.length === 0) return;
    const cards = await table.cards(changed);
    const markup = new Map<string, string>();
    for (const [, alike] of Map.groupBy(to, ({ locale, mayAct, search }) => JSON.stringify([locale, mayAct, search]))) {
      const [{ locale, mayAct, search } = alike[0] as Stream] = alike;
      const { counts } = findRows(rows, { filter: null, search });
      const isFound = nameMatcher(search);
      const shown = cards.filter(({ lot }) => isFound(lot));
      const html = Object.fromEntries(
        shown.map((card) => {
          const kind = JSON.stringify([locale, mayAct, card.key]);
          const made = markup.get(kind) ?? htmlText(renderCard(card, mayAct, locale));
          markup.set(kind, made);
          return [card.key, made];
        }),
      );
      const event: LotsEvent = { html, counts, ...gone };
      const text = eventText("lots", event);
      for (const stream of alike) write(stream, text);
    }
  }

  async function tellLots(to: readonly Stream[]): Promise<void> {
    for (const [lot, ofLot] of Map.groupBy(to, (stream) => stream.lot)) {
      if (lot === null) continue;
      const model = await lotModel(lot, { mayAct: false, signedIn: false }, tools, table, rates.of);
      if (model === undefined) continue;
      for (const [, alike] of Map.groupBy(ofLot, ({ locale, mayAct }) => JSON.stringify([locale, mayAct]))) {
        const [{ locale, mayAct } = alike[0] as Stream] = alike;
        const text = eventText("lot", { html: htmlText(renderLotMatter({ ...model, mayAct }, locale)) });
        for (const stream of alike) write(stream, text);
      }
    }
  }

  function write(stream: Stream, text: string): void {
    const { raw } = stream;
    if (raw.destroyed) return;
    if (raw.writableLength > MOST_UNREAD_OCTETS) {
      // Not `end`: that would wait for what the client does not read.
      raw.destroy();
      return;
    }
    raw.write(text);
  }

  /**
   * What may have changed between the page and its stream. After a break the script asks for the whole page again, so that
   * a stream that is back needs no more than a new one.
   */
  async function greet(stream: Stream): Promise<void> {
    if (stream.lot !== null) return tellLots([stream]);
    const rows = await table.rows();
    if (told.size === 0) told = new Map(rows.map((row) => [row.key, lookOf(row)]));
    const sinceMs = tools.now() - RECENT_MS;
    const recent = rows.filter(({ atMs, state }) => atMs >= sinceMs || state === "running" || state === "waiting");
    const loose = rows.filter(({ head }) => head === undefined).map(({ key }) => key);
    await tellLists([stream], rows, recent.slice(0, PAGE_SIZE), { removed: [], loose });
  }

  server.get<{ Querystring: Record<string, unknown> }>("/events", async (request, reply) => {
    if (streams.size >= MOST_STREAMS) throw new PageError("too many pages are open", { kind: "busy", waitSeconds: 10 });
    const { lot } = request.query;
    const stream: Stream = {
      raw: reply.raw,
      locale: localeOf(request),
      mayAct: frameOf(request).mayAct,
      lot: typeof lot === "string" ? lot : null,
      search: readListQuestion(request.query).search,
    };
    reply.hijack();
    const { raw } = reply;
    raw.on("close", () => streams.delete(stream));
    raw.on("error", () => streams.delete(stream));
    raw.writeHead(200, {
      ...SAFE_HEADERS,
      "content-type": "text/event-stream; charset=utf-8",
      "x-accel-buffering": "no",
    });
    raw.write("retry: 2000\n\n");
    streams.add(stream);
    await greet(stream).catch(() => raw.destroy());
  });
  return { open: () => streams.size };
}

/** Everything of a row that shows on its card, but for what follows from its newest event. */
function lookOf({ state, atMs, head, work }: LotRow): string {
  return JSON.stringify([state, atMs, head?.events, head?.lastRunAtMs, work?.state, work?.reason, work?.progress]);
}

function eventText(name: string, value: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`;
}
