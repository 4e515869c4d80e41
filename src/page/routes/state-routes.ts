import type { FastifyInstance } from "fastify";
import { checkHealth } from "../metrics/check-health.ts";
import { pageMetrics } from "../metrics/page-metrics.ts";
import type { AuthorityModel } from "../model.ts";
import type { LotTable } from "../models/lot-table.ts";
import type { PageTools } from "../page-tools.ts";

/** How the watcher is, for machines. */
export function addStateRoutes(
  server: FastifyInstance,
  tools: PageTools,
  around: { readonly table: LotTable; readonly authorities: () => Promise<readonly AuthorityModel[]> },
): void {
  const findProblems = checkHealth(tools);
  const metrics = pageMetrics(tools, around.table, around.authorities);

  server.get("/healthz", async (_request, reply) => {
    const problems = await findProblems();
    const status = problems.length === 0 ? "ok" : "failing";
    return reply.code(problems.length === 0 ? 200 : 503).send({ status, problems });
  });

  server.get("/metrics", async (_request, reply) => {
    const text = await metrics.text();
    return reply.header("content-type", metrics.contentType).send(text);
  });
}
