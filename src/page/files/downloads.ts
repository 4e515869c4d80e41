import { existsSync } from "node:fs";
import type { LotLayout } from "../../disk/layout.ts";
import { DOWNLOADS, type DownloadName } from "../model.ts";

/** Where what a lot's page offers lies. The last receipt has a copy in the lot's folder. */
export function downloadPath(layout: LotLayout, name: DownloadName): string {
  switch (name) {
    case "rejects.csv":
      return layout.rejects;
    case "report.html":
      return layout.reportHtml;
    case "receipt":
      return layout.receipt.json;
    case "receipt.p7s":
      return layout.receipt.signature;
  }
}

export function findDownloads(layout: LotLayout): readonly DownloadName[] {
  return DOWNLOADS.filter((name) => existsSync(downloadPath(layout, name)));
}
