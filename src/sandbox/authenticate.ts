import { accessDenied, RequestRefusal } from "./http/request-refusal.ts";
import type { SandboxRequest } from "./http/sandbox-request.ts";
import type { SandboxState, SandboxUser } from "./sandbox-state.ts";

/**
 * The user behind a request: Basic with `<tenant>/<user>:<password>` or without the tenant, since the
 * host already determines it, or a bearer token. Throws a 401.
 */
export function authenticate(state: SandboxState, request: SandboxRequest): SandboxUser {
  const header = request.headers["authorization"];
  if (header === undefined) throw unauthorized("Full authentication is required to access this resource");
  const [, scheme = "", credentials = ""] = /^(\S+) +(\S+) *$/.exec(header) ?? [];
  const user =
    scheme.toLowerCase() === "basic"
      ? byPassword(state, credentials)
      : scheme.toLowerCase() === "bearer"
        ? state.users.get(state.tokens.get(credentials) ?? "")
        : undefined;
  if (user === undefined) throw unauthorized("Invalid credentials! : Bad credentials");
  return user;
}

function byPassword(state: SandboxState, credentials: string): SandboxUser | undefined {
  const text = Buffer.from(credentials, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) return undefined;
  return findLogin(state, text.slice(0, colon), text.slice(colon + 1));
}

/** The user with this login (`<tenant>/<user>` or `<user>`) and password, if there is one. */
export function findLogin(state: SandboxState, login: string, password: string): SandboxUser | undefined {
  const slash = login.indexOf("/");
  if (slash >= 0 && login.slice(0, slash) !== state.tenant) return undefined;
  const user = state.users.get(login.slice(slash + 1));
  return user?.password === password ? user : undefined;
}

/** 401 with a challenge (RFC 9110, 11.6.1). */
export function unauthorized(message: string): RequestRefusal {
  return new RequestRefusal(401, "security/Unauthorized", message, { "www-authenticate": 'Basic realm="Cumulocity"' });
}

/** Throws a 403 unless the user has one of the roles. */
export function requireRole(user: SandboxUser, anyOf: readonly string[]): void {
  if (!anyOf.some((role) => user.roles.includes(role))) throw accessDenied();
}
