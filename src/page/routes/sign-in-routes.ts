import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type PageAccess, tryToken } from "../access/guard.ts";
import { cookieHeader, readCookie } from "../access/sessions.ts";
import { localeOf, sendHtml } from "../answer.ts";
import type { SignInModel } from "../model.ts";
import { PageError } from "../page-error.ts";
import { renderSignIn } from "../view/render-sign-in.ts";

/** A form may hold one token and one path, and no more. */
const MOST_SIGN_IN_OCTETS = 8 * 1024;

/** Signing in and out. Without tokens there is nothing to sign in to, and both lead to the page. */
export async function addSignInRoutes(server: FastifyInstance, access: PageAccess): Promise<void> {
  const { roleOf, sessions, tries, tls } = access;
  server.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request: FastifyRequest, body: string | Buffer, done: (error: Error | null, value?: unknown) => void) =>
      done(null, new URLSearchParams(String(body))),
  );

  const show = (request: FastifyRequest, reply: FastifyReply, model: SignInModel) =>
    sendHtml(reply, renderSignIn(model, localeOf(request)));

  server.get<{ Querystring: { next?: unknown } }>("/sign-in", { config: { open: true } }, async (request, reply) => {
    const next = ownPath(request.query.next);
    if (roleOf === undefined) return reply.redirect(next, 303);
    return show(request, reply, { problem: null, waitSeconds: null, next });
  });

  server.post("/sign-in", { config: { open: true }, bodyLimit: MOST_SIGN_IN_OCTETS }, async (request, reply) => {
    const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
    const next = ownPath(form.get("next"));
    if (roleOf === undefined) return reply.redirect(next, 303);
    try {
      const role = tryToken((form.get("token") ?? "").trim(), request.ip, { roleOf, tries });
      return reply.header("set-cookie", cookieHeader(sessions.begin(role), tls)).redirect(next, 303);
    } catch (error) {
      if (!(error instanceof PageError)) throw error;
      const { status, kind, waitSeconds = null } = error;
      if (waitSeconds !== null) reply.header("retry-after", String(waitSeconds));
      const problem = kind === "too-many-tries" ? kind : "wrong-token";
      return show(request, reply.code(status), { problem, waitSeconds, next });
    }
  });

  server.post("/sign-out", { config: { open: true } }, async (request, reply) => {
    const cookie = readCookie(request.headers.cookie, tls);
    if (cookie !== undefined) sessions.end(cookie);
    return reply.header("set-cookie", cookieHeader("", tls)).redirect("/sign-in", 303);
  });
}

/** A path of this page; anything else, such as another site's address, is the first page. */
function ownPath(next: unknown): string {
  if (typeof next !== "string" || next.length > 2048 || !/^\/(?![/\\])[!-~]*$/.test(next)) return "/";
  const url = new URL(next, "http://page.invalid");
  return url.host === "page.invalid" && !url.pathname.startsWith("/sign-") ? url.pathname + url.search : "/";
}
