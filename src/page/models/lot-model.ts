import { readFileSync } from "node:fs";
import { jobIfReadable } from "../../config/job-json.ts";
import { type LotLayout, lotLayout } from "../../disk/layout.ts";
import { STAGES, type Stage } from "../../domain/stage.ts";
import type { LotFigures } from "../../ledger/reading.ts";
import { rejectCounter } from "../../report/count-rejects.ts";
import { findDownloads } from "../files/downloads.ts";
import type { FrameModel, LotModel, RateSample, RejectModel } from "../model.ts";
import type { PageTools } from "../page-tools.ts";
import type { LotTable } from "./lot-table.ts";
import { rejectModel } from "./reject-model.ts";

const REJECTS_SHOWN = 200;

/** A lot's own page; undefined for a lot that the ledger does not know. */
export async function lotModel(
  lot: string,
  frame: FrameModel,
  tools: Pick<PageTools, "home" | "control" | "useLedger">,
  table: LotTable,
  rates: (lot: string) => readonly RateSample[],
): Promise<LotModel | undefined> {
  const row = await table.row(lot);
  if (row?.head === undefined) return undefined;
  const [card] = await table.cards([row]);
  if (card === undefined) return undefined;
  const figures = (await table.figures([row.head])).get(lot);
  const known = figures && readBeside.get(figures);
  const rejects = known ?? (await readRejects(lot, secretColumnsOf(figures), tools));
  if (figures !== undefined) readBeside.set(figures, rejects);
  const { first, byReason } = rejects;
  const layout = lotLayout(tools.home, lot);
  return {
    ...frame,
    card,
    counts: figures?.counts ?? (Object.fromEntries(STAGES.map((stage) => [stage, 0])) as Record<Stage, number>),
    rejects: first,
    rejectsTotal: Object.values(byReason).reduce((sum, of) => sum + of, 0),
    rejectsByReason: byReason,
    rates: rates(lot),
    downloads: findDownloads(layout),
    notes: notesOf(layout),
  };
}

interface Rejects {
  readonly first: readonly RejectModel[];
  readonly byReason: Readonly<Record<string, number>>;
}

/** Read again when the lot is counted again: an open page is told several times a second how far a run is. */
const readBeside = new WeakMap<LotFigures, Rejects>();

/** The first rows for the table, all of them for the chart; memory does not grow with them. */
async function readRejects(
  lot: string,
  secretColumns: readonly string[],
  { useLedger }: Pick<PageTools, "useLedger">,
): Promise<Rejects> {
  const first: RejectModel[] = [];
  const counter = rejectCounter();
  await useLedger(async (ledger) => {
    for await (const page of ledger.rejects(lot)) {
      for (const reject of page.slice(0, REJECTS_SHOWN - first.length)) first.push(rejectModel(reject, secretColumns));
      for (const reject of page) counter.add(reject);
      // The watcher has its turn between two pages.
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  return { first, byReason: counter.counts() };
}

function secretColumnsOf(figures: LotFigures | undefined): readonly string[] {
  const job = figures === undefined ? undefined : jobIfReadable(figures.jobJson);
  return job?.secretColumns ?? [];
}

const MOST_REPORT_OCTETS = 4 * 1024 * 1024;

/** Of the last report; a file that is not there, or is none, says nothing. */
function notesOf({ reportJson }: LotLayout): readonly string[] {
  try {
    const text = readFileSync(reportJson, "utf8");
    if (text.length > MOST_REPORT_OCTETS) return [];
    const { notes } = JSON.parse(text) as { readonly notes?: unknown };
    return Array.isArray(notes) ? notes.filter((note) => typeof note === "string").slice(0, 100) : [];
  } catch {
    return [];
  }
}
