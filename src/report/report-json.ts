import type { LotReport } from "../domain/report.ts";

/** report.json: keys always in the order of `LotReport`, two spaces, a line end at the end. */
export function reportJson(report: LotReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
