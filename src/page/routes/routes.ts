import type { FastifyInstance } from "fastify";
import type { Sessions } from "../access/sessions.ts";
import type { Role } from "../access/token-roles.ts";
import type { Tries } from "../access/tries.ts";
import { makeLotTable } from "../models/lot-table.ts";
import type { PageTools } from "../page-tools.ts";
import { openStreams } from "../stream/streams.ts";
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
  addAssetRoutes(server);
  await addSignInRoutes(server, options);
  const uploads = await addManifestRoutes(server, tools);
  addLookRoutes(server, tools, table, uploads);
  addFileRoutes(server, tools);
  addActRoutes(server, tools);
  openStreams(server, tools, table);
  addStateRoutes(server, tools, table);
}
