import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Actor } from "../../watch/watch-control.ts";
import { PageError } from "../page-error.ts";
import { isForeignUse, isFromOwnPage } from "./own-origin.ts";
import { readCookie, type Sessions } from "./sessions.ts";
import type { Role } from "./token-roles.ts";
import type { Tries } from "./tries.ts";

/** Who asks, once the guard has let them in. */
export interface Visitor {
  readonly role: Role;
  readonly actor: Actor;
  /** True where a cookie lets them in, so that there is something to sign out of. */
  readonly signedIn: boolean;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Undefined only on pages that need no sign-in. */
    visitor: Visitor | undefined;
  }
  interface FastifyContextConfig {
    /** Answered to anybody whose Host header is right: the sign-in and the looks of the page. */
    readonly open?: boolean;
  }
}

/** What lets visitors in. */
export interface PageAccess {
  readonly tls: boolean;
  /** Undefined: nobody has to sign in. */
  readonly roleOf: ((token: string) => Role | undefined) | undefined;
  readonly sessions: Sessions;
  readonly tries: Tries;
}

export interface GuardOptions extends PageAccess {
  readonly isOwnHost: (host: string | undefined) => boolean;
}

/**
 * Looks at every request before anything else of it is: the Host header, where it comes from, who asks, and whether
 * they may. The body of a request that is refused is never read.
 */
export function addGuard(server: FastifyInstance, options: GuardOptions): void {
  const { tls, isOwnHost } = options;
  server.decorateRequest("visitor", undefined);
  server.addHook("onRequest", async (request) => {
    const { headers } = request;
    if (!isOwnHost(headers.host)) {
      throw new PageError("the Host header names another server; use the address that lotmint watch has printed", {
        kind: "forbidden",
      });
    }
    const origin = {
      origin: headers.origin,
      host: headers.host,
      site: text(headers["sec-fetch-site"]),
      mode: text(headers["sec-fetch-mode"]),
    };
    const looks = request.method === "GET" || request.method === "HEAD";
    const bearer = bearerOf(request);
    if (looks ? isForeignUse(origin) : !isFromOwnPage(origin, { tls, withoutOrigin: bearer !== undefined })) {
      throw new PageError("the request comes from a page of another site, and is not done", { kind: "forbidden" });
    }
    if (request.routeOptions.config.open === true) return;
    const visitor = findVisitor(request, bearer, options);
    if (!looks && visitor.role !== "operator") {
      throw new PageError("this token may look only; sign in with the operator's token", { kind: "forbidden" });
    }
    request.visitor = visitor;
  });
}

function findVisitor(request: FastifyRequest, bearer: string | undefined, access: PageAccess): Visitor {
  const { roleOf, sessions, tries, tls } = access;
  const address = request.ip;
  if (roleOf === undefined) {
    return { role: "operator", actor: { via: "page", who: "loopback", address }, signedIn: false };
  }
  const byToken = (role: Role, signedIn: boolean): Visitor => {
    const who = role === "operator" ? "operator token" : "read token";
    return { role, actor: { via: "page", who, address }, signedIn };
  };
  if (bearer !== undefined) return byToken(tryToken(bearer, address, { roleOf, tries }), false);
  const cookie = readCookie(request.headers.cookie, tls);
  const role = cookie === undefined ? undefined : sessions.roleOf(cookie);
  if (role === undefined) throw new PageError("sign in first", { kind: "sign-in" });
  return byToken(role, true);
}

/** The role that a token gives. Throws `too-many-tries`, before the token is looked at, and `wrong-token`. */
export function tryToken(
  token: string,
  address: string,
  { roleOf, tries }: { readonly roleOf: (token: string) => Role | undefined; readonly tries: Tries },
): Role {
  const waitMs = tries.waitMs(address);
  if (waitMs > 0) {
    const seconds = Math.ceil(waitMs / 1000);
    throw new PageError(`too many wrong tokens; the next one is looked at in ${seconds} s`, {
      kind: "too-many-tries",
      waitSeconds: seconds,
    });
  }
  const role = roleOf(token);
  if (role === undefined) {
    tries.wrong(address);
    throw new PageError("the token is wrong", { kind: "wrong-token" });
  }
  tries.right(address);
  return role;
}

function bearerOf({ headers }: FastifyRequest): string | undefined {
  return /^Bearer +([!-~]{1,1024})$/i.exec(headers.authorization ?? "")?.[1];
}

function text(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === "string" ? header.toLowerCase() : undefined;
}
