import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { STAGES } from "../../domain/stage.ts";
import { type AuthorityModel, PAGE_STATES } from "../model.ts";
import { countStates } from "../models/home-model.ts";
import type { LotTable } from "../models/lot-table.ts";
import type { PageTools } from "../page-tools.ts";

/** A run takes seconds or hours. */
const RUN_SECONDS = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400];
const REPLY_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export interface PageMetrics {
  readonly contentType: string;
  /** The exposition format of Prometheus; what the ledger says is as fresh as the page's list. */
  text(): Promise<string>;
}

/** Counters and histograms begin with the process; gauges are read from the ledger and the watcher when they are asked for. */
export function pageMetrics(
  tools: Pick<PageTools, "control" | "record" | "version" | "now">,
  table: LotTable,
  authorities: () => Promise<readonly AuthorityModel[]>,
): PageMetrics {
  const registry = new Registry();
  const registers = [registry];

  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Gauge<Label>({ name, help, labelNames: [...labelNames], registers });
  gauge("lotmint_build_info", "Always 1; the label says which lotmint this is.", ["version"]).set(
    { version: tools.version },
    1,
  );
  const devices = gauge("lotmint_devices", "Devices in the ledger by stage, all lots together.", ["stage"]);
  const badRows = gauge("lotmint_rejected_rows", "Rows of manifests that are rejected and are no devices.");
  const lots = gauge("lotmint_lots", "Lots, and files that are none yet, by state.", ["state"]);
  const remaining = gauge(
    "lotmint_issuer_remaining_seconds",
    "Time until the authority's certificate ends (86400 is a day).",
    ["issuer"],
  );
  const ending = gauge(
    "lotmint_issuer_not_after_timestamp_seconds",
    "When the authority's certificate ends, in Unix time.",
    ["issuer"],
  );
  const issued = gauge("lotmint_issuer_certificates", "Certificates that the authority has signed.", ["issuer"]);
  const rate = gauge("lotmint_devices_per_second", "Devices a second of the runs in hand, by what they are doing.", [
    "room",
  ]);
  const underWay = gauge("lotmint_runs_in_hand", "Runs that the watcher has in hand.");

  const runs = new Counter({
    name: "lotmint_runs_total",
    help: "Runs that the watcher has ended, by exit code.",
    labelNames: ["exit_code"],
    registers,
  });
  const runSeconds = new Histogram({
    name: "lotmint_run_duration_seconds",
    help: "How long a run of a lot took.",
    buckets: RUN_SECONDS,
    registers,
  });
  const stepSeconds = new Histogram({
    name: "lotmint_run_step_duration_seconds",
    help: "How long a step of a run took.",
    labelNames: ["step"],
    buckets: RUN_SECONDS,
    registers,
  });
  const replies = new Counter({
    name: "lotmint_platform_replies_total",
    help: "Answers of the platform by HTTP status; none: there was no answer.",
    labelNames: ["method", "status"],
    registers,
  });
  const replySeconds = new Histogram({
    name: "lotmint_platform_request_duration_seconds",
    help: "How long the platform took to answer.",
    labelNames: ["method"],
    buckets: REPLY_SECONDS,
    registers,
  });

  tools.record.onEnd(({ outcome }) => {
    const { startedAt, endedAt, stages } = outcome.report;
    runs.inc({ exit_code: String(outcome.exitCode) });
    if (outcome.places === undefined) return;
    const tookMs = Date.parse(endedAt) - Date.parse(startedAt);
    if (tookMs >= 0) runSeconds.observe(tookMs / 1000);
    for (const [step, ms] of Object.entries(stages)) stepSeconds.observe({ step }, ms / 1000);
  });
  tools.record.onReply(({ method, status, seconds }) => {
    replies.inc({ method, status: status === null ? "none" : String(status) });
    replySeconds.observe({ method }, seconds);
  });

  async function readGauges(): Promise<void> {
    const rows = await table.rows();
    const counts = countStates(rows);
    for (const state of PAGE_STATES) lots.set({ state }, counts[state]);
    const figures = [...(await table.figures(rows.flatMap(({ head }) => (head === undefined ? [] : [head])))).values()];
    for (const stage of STAGES) {
      devices.set(
        { stage },
        figures.reduce((sum, of) => sum + of.counts[stage], 0),
      );
    }
    badRows.set(figures.reduce((sum, of) => sum + of.badRows, 0));
    for (const each of [remaining, ending, issued]) each.reset();
    for (const { name: issuer, issued: signed, notAfterMs } of await authorities()) {
      issued.set({ issuer }, signed);
      if (notAfterMs === null) continue;
      remaining.set({ issuer }, Math.round((notAfterMs - tools.now()) / 1000));
      ending.set({ issuer }, notAfterMs / 1000);
    }
    rate.reset();
    const running = tools.control.works().filter(({ state }) => state === "running" || state === "stopping");
    underWay.set(running.length);
    for (const { progress } of running) {
      if (progress?.ratePerSecond != null) rate.inc({ room: progress.room }, progress.ratePerSecond);
    }
  }

  return {
    contentType: registry.contentType,
    text: async () => {
      await readGauges();
      return registry.metrics();
    },
  };
}
