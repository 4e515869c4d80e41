import type { FastifyReply, FastifyRequest } from "fastify";
import { OnboardingError } from "../domain/error.ts";
import { type Html, htmlText } from "../report/html.ts";
import type { FrameModel } from "./model.ts";
import { PageError } from "./page-error.ts";
import { chooseLocale, type Locale } from "./view/locale.ts";
import { renderError } from "./view/render-error.ts";

/** What a browser may do with a page of ours: load this server's own files, send forms to it, and nothing else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

/** Of every answer, errors included; a route may set others. */
export const SAFE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Not no-referrer: with that, browsers send `Origin: null` with the posts of our own forms.
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
  "cache-control": "no-store",
};

export function localeOf(request: FastifyRequest): Locale {
  return chooseLocale(request.headers["accept-language"]);
}

/** What every page shows of who looks at it. */
export function frameOf({ visitor }: FastifyRequest): FrameModel {
  return { mayAct: visitor?.role === "operator", signedIn: visitor?.signedIn === true };
}

export function sendHtml(reply: FastifyReply, page: Html): FastifyReply {
  return reply.type("text/html; charset=utf-8").header("vary", "accept-language, cookie").send(htmlText(page));
}

/** To a person the other page; a program that asks for JSON is told that it is done. */
export function sendDone(request: FastifyRequest, reply: FastifyReply, to: string): FastifyReply {
  return wantsJson(request) ? reply.code(204).send() : reply.redirect(to, 303);
}

/** An error as a page for people, and as JSON for programs. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: PageError): FastifyReply {
  const { kind, status, message, waitSeconds } = error;
  reply.code(status);
  if (waitSeconds !== undefined) reply.header("retry-after", String(waitSeconds));
  // What is left of a body that was not read must not be taken for the next request.
  if (request.method === "POST") reply.header("connection", "close");
  if (status === 401) reply.header("www-authenticate", 'Bearer realm="lotmint"');
  if (wantsJson(request)) return reply.send({ error: kind, message });
  return sendHtml(reply, renderError({ ...frameOf(request), status, kind, message }, localeOf(request)));
}

export function wantsJson({ headers }: FastifyRequest): boolean {
  const { accept = "" } = headers;
  return accept.includes("application/json") && !accept.includes("text/html");
}

/** What the program's own errors are on the page; undefined for a defect. */
export function pageErrorOf(error: unknown): PageError | undefined {
  if (error instanceof PageError) return error;
  if (error instanceof OnboardingError) {
    switch (error.code) {
      case "usage":
      case "lot-held":
        return new PageError(error.message, { kind: "conflict", cause: error });
      case "disk-unwritable":
        return new PageError(error.message, { kind: "disk-full", cause: error });
      default:
        return new PageError(error.message, { kind: "failed", cause: error });
    }
  }
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  if (status === 413) return new PageError("the request is too large", { kind: "too-large", cause: error });
  if (status === 404) return new PageError("there is no such page", { kind: "not-found", cause: error });
  if (status >= 400 && status < 500)
    return new PageError("the request is not understood", { kind: "bad-request", cause: error });
  return undefined;
}
