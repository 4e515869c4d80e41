import type { FastifyInstance } from "fastify";
import { lotLayout } from "../../disk/layout.ts";
import { readRegular } from "../../disk/read-regular.ts";
import { downloadPath } from "../files/downloads.ts";
import { openDownload, reportPolicy } from "../files/open-download.ts";
import { DOWNLOADS, type DownloadName } from "../model.ts";
import { PageError } from "../page-error.ts";
import type { PageTools } from "../page-tools.ts";

const TYPES: Readonly<Record<DownloadName, string>> = {
  "rejects.csv": "text/csv",
  "report.html": "text/html; charset=utf-8",
  receipt: "application/json",
  "receipt.p7s": "application/pkcs7-signature",
};
/** A report is read whole, since its policy names the digest of its style. */
const MOST_REPORT_OCTETS = 16 * 1024 * 1024;

/**
 * What a lot's page offers to take along. The address only names: the lot is looked up in the ledger, and the file is one of
 * four; no part of the address becomes part of a path.
 */
export function addFileRoutes(server: FastifyInstance, { home, useLedger }: PageTools): void {
  server.get<{ Params: { lot: string; name: string } }>("/lots/:lot/files/:name", async (request, reply) => {
    const name = DOWNLOADS.find((one) => one === request.params.name);
    const [head] = await useLedger((ledger) => ledger.lotHeads([request.params.lot]));
    if (name === undefined || head === undefined) throw new PageError("there is no such file", { kind: "not-found" });
    const path = downloadPath(lotLayout(home, head.name), name);
    const missing = () => new PageError(`lot ${head.name} has no ${name} yet`, { kind: "not-found" });
    if (name === "report.html") {
      const file = readRegular(path, MOST_REPORT_OCTETS);
      if (file === undefined) throw missing();
      if (file.content === undefined)
        throw new PageError("the report is too large to be shown here", { kind: "too-large" });
      const report = file.content.toString("utf8");
      return reply.type(TYPES[name]).header("content-security-policy", reportPolicy(report)).send(report);
    }
    const file = openDownload(path);
    if (file === undefined) throw missing();
    const as = name === "receipt" ? "receipt.json" : name;
    return reply
      .type(TYPES[name])
      .header("content-disposition", disposition(`${head.name}-${as}`))
      .header("content-length", String(file.size))
      .send(file.stream());
  });
}

/** RFC 6266, with the name in ASCII for those who do not know the other form. */
function disposition(name: string): string {
  const plain = name.replace(/[^\w.-]/g, "_");
  const whole = encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${whole}`;
}
