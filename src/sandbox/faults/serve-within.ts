import type { AnswerFault, Capacity } from "./faults.ts";

/**
 * What a capacity makes of a request that comes now: a delay until it is served, or a 429. `places` holds when each
 * place is free, in milliseconds since 1970, and is brought up to date.
 */
export function serveWithin(capacity: Capacity, places: number[], nowMs: number): AnswerFault {
  const { atOnce, serviceMs, excess, retryAfterSeconds } = capacity;
  const next = places.length < atOnce ? places.length : places.indexOf(Math.min(...places));
  const freeMs = places[next] ?? nowMs;
  if (freeMs > nowMs && excess === "refuse") {
    return { kind: "status", status: 429, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
  }
  const servedMs = Math.max(freeMs, nowMs) + serviceMs;
  places[next] = servedMs;
  // Timers may be a millisecond early: the place is free before the client can come back for it.
  return { kind: "delay", delayMs: servedMs - nowMs + 1 };
}
