import type { Dispatcher } from "undici";
import type { Reply, Unanswered } from "../platform.ts";
import { retryAfterMs } from "../retry-after.ts";
import { connectionError } from "./connection-error.ts";
import type { Scrub } from "./scrub.ts";

/** Where requests go and what goes with each. */
export interface Channel {
  readonly dispatcher: Dispatcher;
  readonly origin: string;
  readonly authorization: string;
  readonly scrub: Scrub;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export interface PlatformRequest {
  readonly method: "GET" | "POST" | "PUT";
  /** Default: application/json. */
  readonly accept?: string;
  /** With the query, percent-encoded. */
  readonly path: string;
  readonly body?: { readonly contentType: string; readonly bytes: Uint8Array | string };
  /** Longest time from the first byte sent to the last one received, in milliseconds. */
  readonly timeoutMs: number;
  /** Longest answer body, in bytes. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
}

/** A complete HTTP answer that is neither a redirect, nor 408 or 429, nor 5xx. */
export interface HttpAnswer {
  readonly status: number;
  readonly bytes: Buffer;
  /** The body as JSON; undefined when it is empty or no JSON. */
  readonly json: unknown;
  /** The platform's own message in it, scrubbed and shortened. */
  readonly reason: string;
  /** The Date header, in milliseconds since 1970. */
  readonly date?: number;
}

const NOTHING = Buffer.alloc(0);

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Makes exactly one request and follows no redirect. Never throws for what the platform or the
 * network does; the answer to a 4xx is handed on even when its body broke off, since its status says enough.
 */
export async function sendRequest(channel: Channel, request: PlatformRequest): Promise<Reply<HttpAnswer>> {
  // undici's own limits count between two bytes; this one also ends an answer that drips.
  const deadline = AbortSignal.timeout(request.timeoutMs);
  const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
  let status = 0;
  let headers: Headers = {};
  try {
    const answer = await channel.dispatcher.request({
      origin: channel.origin,
      path: request.path,
      method: request.method,
      headers: {
        // Without Accept the platform answers POST and PUT with an empty body.
        accept: request.accept ?? "application/json",
        authorization: channel.authorization,
        ...(request.body === undefined ? {} : { "content-type": request.body.contentType }),
      },
      body: request.body === undefined ? null : Buffer.from(request.body.bytes),
      headersTimeout: request.timeoutMs,
      bodyTimeout: request.timeoutMs,
      signal,
    });
    status = answer.statusCode;
    headers = answer.headers;
    const bytes = await readBounded(answer.body, request.maxBytes);
    if (bytes === undefined && status < 300) {
      return { kind: "unknown", status, message: `the platform's answer is longer than ${request.maxBytes} bytes` };
    }
    return judge(channel, status, headers, bytes ?? NOTHING);
  } catch (error) {
    // A refusal stands with its status; only a success needs its body.
    if (status >= 300) return judge(channel, status, headers, NOTHING);
    if (request.signal?.aborted === true) return { kind: "unknown", message: "the request was stopped" };
    const broken = connectionError(error, channel.origin, { timedOut: deadline.aborted });
    return status !== 0 && broken.kind !== "refused" ? { kind: "unknown", status, message: broken.message } : broken;
  }
}

/** The whole body; undefined when it is longer than allowed. */
export async function readBounded(
  body: Dispatcher.ResponseData["body"],
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes: Buffer = Buffer.from(chunk);
    size += bytes.length;
    // Leaving the loop destroys the body and with it the connection.
    if (size > maxBytes) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function judge(channel: Channel, status: number, headers: Headers, bytes: Buffer): Reply<HttpAnswer> {
  const text = bytes.toString("utf8");
  const json = parseJson(text);
  const reason = channel.scrub(platformMessage(json, text));
  const date = Date.parse(headerText(headers, "date") ?? "");
  if (status >= 300 && status < 400) {
    const target = channel.scrub(headerText(headers, "location") ?? "another address");
    return { kind: "refused", status, message: `the platform points to ${target}: put its address into platform.url` };
  }
  const message = reason === "" ? `HTTP ${status}` : `HTTP ${status}: ${reason}`;
  if (status === 408 || status === 429) return paused({ kind: "busy", status, message }, headers, date, channel);
  if (status >= 500) return paused({ kind: "unknown", status, message }, headers, date, channel);
  return { kind: "answer", value: { status, json, reason, bytes, ...(Number.isNaN(date) ? {} : { date }) } };
}

function paused(
  reply: Extract<Unanswered, { readonly kind: "busy" | "unknown" }>,
  headers: Headers,
  date: number,
  channel: Channel,
): Unanswered {
  const pauseMs = retryAfterMs(headerText(headers, "retry-after"), Number.isNaN(date) ? channel.now() : date);
  return pauseMs === undefined ? reply : { ...reply, retryAfterMs: pauseMs };
}

function headerText(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Undefined for what is no JSON. */
export function parseJson(text: string): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The message of the platform's error body; else the text of whatever answered in its place, without markup. */
export function platformMessage(json: unknown, text: string): string {
  if (typeof json === "object" && json !== null) {
    if ("message" in json && typeof json.message === "string" && json.message !== "") return json.message;
    if ("error" in json && typeof json.error === "string") return json.error;
    return "";
  }
  return text.slice(0, 4000).replace(/<(script|style)[\s\S]*?<\/\1>|<[^>]*>/gi, " ");
}
