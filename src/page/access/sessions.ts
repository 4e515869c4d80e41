import { createHash, randomBytes } from "node:crypto";
import type { Role } from "./token-roles.ts";

/** Who has signed in; gone with its process. */
export interface Sessions {
  /** Begins one; gives the secret that the cookie holds. */
  begin(role: Role): string;
  roleOf(secret: string): Role | undefined;
  end(secret: string): void;
}

/** A shift and a bit. */
const LASTS_MS = 12 * 60 * 60_000;
const MOST = 1_000;

/** Only digests of the secrets are kept. `monotonic`: milliseconds of a clock that does not jump. */
export function keepSessions(monotonic: () => number): Sessions {
  const sessions = new Map<string, { readonly role: Role; readonly untilMs: number }>();
  const digest = (secret: string) => createHash("sha256").update(secret).digest("base64");
  return {
    begin: (role) => {
      const secret = randomBytes(32).toString("base64url");
      for (const [oldest, { untilMs }] of sessions) {
        if (sessions.size < MOST && untilMs > monotonic()) break;
        sessions.delete(oldest);
      }
      sessions.set(digest(secret), { role, untilMs: monotonic() + LASTS_MS });
      return secret;
    },
    roleOf: (secret) => {
      const session = sessions.get(digest(secret));
      return session !== undefined && session.untilMs > monotonic() ? session.role : undefined;
    },
    end: (secret) => {
      sessions.delete(digest(secret));
    },
  };
}

/** Browsers take a cookie of the first name only over TLS, for this host alone and for all of its paths. */
function sessionCookie(tls: boolean): string {
  return tls ? "__Host-lotmint" : "lotmint";
}

/** The Set-Cookie header; an empty secret takes the cookie away. */
export function cookieHeader(secret: string, tls: boolean): string {
  const age = secret === "" ? "; Max-Age=0" : "";
  return `${sessionCookie(tls)}=${secret}; Path=/; HttpOnly; SameSite=Strict${tls ? "; Secure" : ""}${age}`;
}

/** The session's secret out of a Cookie header. */
export function readCookie(header: string | undefined, tls: boolean): string | undefined {
  const name = `${sessionCookie(tls)}=`;
  for (const part of (header ?? "").split(";")) {
    const cookie = part.trim();
    if (cookie.startsWith(name)) return cookie.slice(name.length);
  }
  return undefined;
}
