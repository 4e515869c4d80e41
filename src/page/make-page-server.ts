import type { Server } from "node:http";
import fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { strayDiskError } from "../disk/disk-error.ts";
import { addGuard, type PageAccess } from "./access/guard.ts";
import { ownHost } from "./access/own-host.ts";
import { keepSessions } from "./access/sessions.ts";
import { tokenRoles } from "./access/token-roles.ts";
import { countTries } from "./access/tries.ts";
import { pageErrorOf, SAFE_HEADERS, sendError } from "./answer.ts";
import { PageError } from "./page-error.ts";
import { PAGE_LIMITS, type PageLimits, type PageSettings, type PageTools } from "./page-tools.ts";
import { addRoutes } from "./routes/routes.ts";
import type { OpenStreams } from "./stream/streams.ts";

/** A header line is read whole into memory. */
const MOST_HEADER_OCTETS = 16 * 1024;
/** Streams, and what is asked beside them. */
const MOST_CONNECTIONS = 4_000;
/** Of forms; uploads have a limit of their own. */
const MOST_FORM_OCTETS = 64 * 1024;

/** The page before it listens; `port` is told once it is known, since the Host header has to name it. */
export interface PageServer {
  readonly server: FastifyInstance;
  readonly streams: OpenStreams;
  readonly listenOn: (port: number) => void;
}

export async function makePageServer(
  settings: PageSettings,
  tools: PageTools,
  limits: PageLimits = PAGE_LIMITS,
): Promise<PageServer> {
  const { headersMs, requestMs, idleMs, checkMs } = limits;
  const { address, tls, tokens } = settings;
  let isOwnHost = ownHostOn(address.port);
  const http = { maxHeaderSize: MOST_HEADER_OCTETS, headersTimeout: headersMs, connectionsCheckingInterval: checkMs };
  const options: FastifyServerOptions & { readonly https?: object } = {
    logger: false,
    trustProxy: false,
    bodyLimit: MOST_FORM_OCTETS,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    forceCloseConnections: true,
    return503OnClosing: false,
    // No route has a schema. The bundle leaves out what fastify would compile them with (scripts/build/bundle-plugins.ts).
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    routerOptions: { maxParamLength: 1024, ignoreTrailingSlash: false, caseSensitive: true },
    ...(tls === undefined
      ? { http }
      : {
          https: {
            ...http,
            cert: tls.certificate,
            key: tls.key,
            minVersion: "TLSv1.2",
            handshakeTimeout: headersMs,
          },
        }),
  };
  const server = fastify(options) as unknown as FastifyInstance;
  (server.server as Server).maxConnections = MOST_CONNECTIONS;
  // Such as too many open files: the connection is lost, and nothing else.
  server.server.on("error", (error: Error) => tools.log.warn({ reason: error.message }, "the page lost a connection"));
  const access: PageAccess = {
    tls: tls !== undefined,
    roleOf: tokens === undefined ? undefined : tokenRoles(tokens),
    sessions: keepSessions(tools.monotonic),
    tries: countTries(tools.monotonic),
  };

  server.addHook("onRequest", async (_request, reply) => {
    reply.headers(SAFE_HEADERS);
    if (tls !== undefined) reply.header("strict-transport-security", "max-age=31536000");
  });
  server.setErrorHandler((cause, request, reply) => {
    const error = pageErrorOf(strayDiskError(cause));
    if (error === undefined) {
      const stack = cause instanceof Error ? cause.stack : String(cause);
      tools.log.error(
        { path: request.routeOptions.url, stack },
        "the page could not answer; this is a defect of lotmint",
      );
      return sendError(
        request,
        reply,
        new PageError("this is a defect of lotmint; its log says more", { kind: "failed" }),
      );
    }
    // A browser that shows a page is led to the sign-in; scripts, streams and programs are told.
    const isPage = request.method === "GET" && (request.headers.accept ?? "").includes("text/html");
    if (error.kind === "sign-in" && isPage) {
      return reply.redirect(`/sign-in?next=${encodeURIComponent(request.url)}`, 303);
    }
    return sendError(request, reply, error);
  });
  server.setNotFoundHandler((request, reply) =>
    sendError(request, reply, new PageError("there is no such page", { kind: "not-found" })),
  );
  addGuard(server, { ...access, isOwnHost: (host) => isOwnHost(host) });
  const streams = await addRoutes(server, tools, access, limits);

  function ownHostOn(port: number) {
    return ownHost({ address, port, certificate: tls?.certificate });
  }
  return {
    server,
    streams,
    listenOn: (port) => {
      isOwnHost = ownHostOn(port);
    },
  };
}

function noSchemas(): never {
  throw new Error("the page's routes have no schemas");
}
