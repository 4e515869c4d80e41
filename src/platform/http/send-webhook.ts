import { createHmac } from "node:crypto";
import { getCACertificates } from "node:tls";
import { Agent } from "undici";
import type { WebhookSite } from "../../domain/job.ts";
import type { Reply } from "../platform.ts";
import { retryAfterMs } from "../retry-after.ts";
import { readCaFile } from "./site-access.ts";

const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 30_000;

/** The receiver of the events. */
export interface Webhook {
  /** Makes one request; never throws for what the receiver or the network does. */
  send(body: string, signal?: AbortSignal): Promise<Reply<undefined>>;
  close(): Promise<void>;
}

/**
 * A webhook over HTTPS that is always verified; plain HTTP is for this machine only, as the site's rules see
 * to. Each request is signed anew: `X-Lotmint-Timestamp` has the seconds since 1970, `X-Lotmint-Signature`
 * `sha256=` and the hex HMAC-SHA256 of timestamp, full stop and body, so that the receiver can tell who
 * sent it and that it is not an old one sent again. No redirect is followed.
 */
export function openWebhook(
  { url, caFile }: Pick<WebhookSite, "url" | "caFile">,
  secret: string,
  now: () => number,
): Webhook {
  const address = new URL(url);
  const agent = new Agent({
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      rejectUnauthorized: true,
      ...(caFile === undefined ? {} : { ca: [...getCACertificates("default"), readCaFile(caFile, "webhook.caFile")] }),
    },
  });
  return {
    send: async (body, signal) => {
      const timestamp = String(Math.floor(now() / 1000));
      const deadline = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      try {
        const {
          statusCode,
          headers,
          body: answer,
        } = await agent.request({
          origin: address.origin,
          path: address.pathname + address.search,
          method: "POST",
          headers: {
            "content-type": "application/json",
            "x-lotmint-timestamp": timestamp,
            "x-lotmint-signature": `sha256=${signWebhook(secret, timestamp, body)}`,
          },
          body,
          signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
        });
        await answer.dump().catch(() => undefined);
        return judge(statusCode, String(headers["retry-after"] ?? ""), now());
      } catch (error) {
        return { kind: "unknown", message: `the webhook ${address.origin} cannot be reached (${codeOf(error)})` };
      }
    },
    close: () => agent.destroy(),
  };
}

/** Hex HMAC-SHA256 of `timestamp.body`. */
function signWebhook(secret: string, timestamp: string, body: string): string {
  return createHmac("sha256", secret).update(`${timestamp}.${body}`).digest("hex");
}

function judge(status: number, retryAfter: string, nowMs: number): Reply<undefined> {
  if (status >= 200 && status < 300) return { kind: "answer", value: undefined };
  const message = `the webhook answered with HTTP ${status}`;
  if (status !== 408 && status !== 429 && status < 500) return { kind: "refused", status, message };
  const pauseMs = retryAfterMs(retryAfter, nowMs);
  return { kind: "busy", status, message, ...(pauseMs !== undefined && { retryAfterMs: pauseMs }) };
}

/** A code and never the message: that may hold the address, and the address a secret in its query. */
function codeOf(error: unknown): string {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 4; inner = inner.cause, depth += 1) {
    if ("code" in inner && typeof inner.code === "string") return inner.code;
    if (inner.name === "TimeoutError") return "no answer in time";
  }
  return "the connection broke";
}
