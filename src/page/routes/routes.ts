import type { FastifyInstance } from "fastify";
import type { Sessions } from "../access/sessions.ts";
import type { Role } from "../access/token-roles.ts";
import type { Tries } from "../access/tries.ts";
import { authorityModels } from "../models/authority-models.ts";
import { makeLotTable } from "../models/lot-table.ts";
import { rememberRates } from "../models/rate-memory.ts";
import type { PageTools } from "../page-tools.ts";
import { openStreams } from "../stream/streams.ts";
import { keepPreviews } from "../upload/previews.ts";
import { addActRoutes } from "./act-routes.ts";
import { addAssetRoutes } from "./asset-routes.ts";
import { addFileRoutes } from "./file-routes.ts";
import { addLookRoutes } from "./look-routes.ts";
import { addManifestRoutes } from "./manifest-routes.ts";
import { addSignInRoutes } from "./sign-in-routes.ts";
import { addStateRoutes } from "./state-routes.ts";

export interface RouteOptions {
  readonly tools: PageTools;
  readonly tls: boolean;
  /** Undefined: nobody has to sign in. */
  readonly roleOf: ((token: string) => Role | undefined) | undefined;
  readonly sessions: Sessions;
  readonly tries: Tries;
}

/** All addresses of the page. */
export async function addRoutes(server: FastifyInstance, options: RouteOptions): Promise<void> {
  const { tools } = options;
  const table = makeLotTable(tools);
  const rates = rememberRates(tools.control);
  const previews = keepPreviews(tools);
  const authorities = authorityModels(tools);
  addAssetRoutes(server);
  await addSignInRoutes(server, options);
  await addManifestRoutes(server, tools, previews);
  addLookRoutes(server, tools, { table, previews, rates, authorities });
  addFileRoutes(server, tools);
  addActRoutes(server, tools);
  openStreams(server, tools, { table, rates });
  addStateRoutes(server, tools, { table, authorities });
}
