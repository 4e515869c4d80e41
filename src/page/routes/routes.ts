import type { FastifyInstance } from "fastify";
import type { PageAccess } from "../access/guard.ts";
import { authorityModels } from "../models/authority-models.ts";
import { makeLotTable } from "../models/lot-table.ts";
import { rememberRates } from "../models/rate-memory.ts";
import type { PageLimits, PageTools } from "../page-tools.ts";
import { type OpenStreams, openStreams } from "../stream/streams.ts";
import { keepPreviews } from "../upload/previews.ts";
import { addActRoutes } from "./act-routes.ts";
import { addAssetRoutes } from "./asset-routes.ts";
import { addFileRoutes } from "./file-routes.ts";
import { addLookRoutes } from "./look-routes.ts";
import { addManifestRoutes } from "./manifest-routes.ts";
import { addSignInRoutes } from "./sign-in-routes.ts";
import { addStateRoutes } from "./state-routes.ts";

/** All addresses of the page; gives its streams. */
export async function addRoutes(
  server: FastifyInstance,
  tools: PageTools,
  access: PageAccess,
  limits: PageLimits,
): Promise<OpenStreams> {
  const table = makeLotTable(tools);
  const rates = rememberRates(tools.control);
  const previews = keepPreviews(tools);
  const authorities = authorityModels(tools);
  addAssetRoutes(server);
  await addSignInRoutes(server, access);
  await addManifestRoutes(server, previews, limits);
  addLookRoutes(server, tools, { table, previews, rates, authorities });
  addFileRoutes(server, tools);
  addActRoutes(server, tools);
  addStateRoutes(server, tools, { table, authorities });
  return openStreams(server, tools, { table, rates });
}
