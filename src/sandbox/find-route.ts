import { RequestRefusal } from "./http/request-refusal.ts";
import type { SandboxRequest } from "./http/sandbox-request.ts";
import type { Route } from "./routes.ts";

interface FoundRoute {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The route of a request. Throws a 404 for an unknown path, a 405 for a known one with another method. */
export function findRoute(routes: readonly Route[], request: SandboxRequest): FoundRoute {
  const segments = request.path.split("/").map(decodeSegment);
  if (!segments.every((segment) => segment !== undefined)) {
    throw new RequestRefusal(400, "general/Bad Request", "The path is not percent-encoded");
  }
  const allowed: string[] = [];
  for (const route of routes) {
    const parameters = matchPath(route.path, segments);
    if (parameters === undefined) continue;
    if (route.method === request.method) return { route, parameters };
    allowed.push(route.method);
  }
  if (allowed.length === 0) {
    throw new RequestRefusal(404, "general/Not Found", `No endpoint ${request.method} ${request.path}`);
  }
  throw new RequestRefusal(405, "general/Method Not Allowed", `Request method '${request.method}' not supported`, {
    allow: [...new Set(allowed)].join(", "),
  });
}

/** Undefined for what is not percent-encoded text. */
function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function matchPath(path: string, segments: readonly string[]): Record<string, string> | undefined {
  const steps = path.split("/");
  if (steps.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, step] of steps.entries()) {
    const segment = segments[index] ?? "";
    if (step.startsWith(":") && segment !== "") parameters[step.slice(1)] = segment;
    else if (step !== segment) return undefined;
  }
  return parameters;
}
