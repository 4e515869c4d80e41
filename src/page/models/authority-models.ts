import { listAuthorities } from "../../authority/load-authority.ts";
import { isoDay } from "../../domain/iso-time.ts";
import { authorityBudget } from "../../run/lot/issuer-budget.ts";
import type { AuthorityModel } from "../model.ts";
import type { PageTools } from "../page-tools.ts";
import { keptFor } from "./kept-for.ts";

const DAY_MS = 86_400_000;
/** So many days of signing are shown, out of so many looked at. */
const DAYS_SHOWN = 30;
const DAYS_READ = 366;
/** What is behind it is read again after so long. */
const GOOD_FOR_MS = 30_000;

/** The authorities' budgets; read at most twice a minute, since a day is their unit. */
export function authorityModels(
  tools: Pick<PageTools, "home" | "now" | "monotonic" | "useLedger">,
): () => Promise<readonly AuthorityModel[]> {
  return keptFor(GOOD_FOR_MS, tools.monotonic, () => readModels(tools));
}

async function readModels({
  home,
  now,
  useLedger,
}: Pick<PageTools, "home" | "now" | "useLedger">): Promise<readonly AuthorityModel[]> {
  const nowMs = now();
  const entries = listAuthorities(home);
  return useLedger(async (ledger) => {
    const days = await ledger.issuedByDay(isoDay(nowMs - DAYS_READ * DAY_MS));
    const models: AuthorityModel[] = [];
    for (const entry of entries) {
      const { name } = entry;
      const { issued, notAfter, jobs } = await authorityBudget(ledger, home, name);
      const notAfterMs = notAfter === null ? null : Date.parse(notAfter);
      const outlived = jobs.flatMap(({ outlivedFrom }) => (outlivedFrom === null ? [] : [outlivedFrom])).sort();
      models.push({
        name,
        issued,
        notAfterMs,
        daysLeft: notAfterMs === null ? null : Math.floor((notAfterMs - nowMs) / DAY_MS),
        outlivedFrom: outlived[0] ?? null,
        history: days
          .filter(({ issuer }) => issuer === name)
          .slice(-DAYS_SHOWN)
          .map(({ day, issued: signed }) => ({ day, issued: signed })),
        problem: entry.state === "ready" ? null : entry.problem,
      });
    }
    return models;
  });
}
