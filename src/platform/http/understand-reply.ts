import type { Reply, Unanswered } from "../platform.ts";
import { isNotFound } from "./read-answer.ts";
import type { HttpAnswer } from "./send-request.ts";

/** The value that a reader finds in an answer with one of the expected statuses; what it cannot read is `unknown`. */
export function understand<T>(
  reply: Reply<HttpAnswer>,
  expected: readonly number[],
  read: (json: unknown, bytes: Buffer) => T | undefined,
): Reply<T> {
  if (reply.kind !== "answer") return reply;
  if (!expected.includes(reply.value.status)) return unexpected(reply.value);
  const value = read(reply.value.json, reply.value.bytes);
  return value === undefined ? notUnderstood(reply.value) : found(reply.value, value);
}

/** Present or absent, and neither on the word of something that is not the platform. */
export function understandPresence(reply: Reply<HttpAnswer>, isIt: (json: unknown) => boolean): Reply<boolean> {
  if (reply.kind !== "answer") return reply;
  const { status, json } = reply.value;
  if (status === 404) return isNotFound(json) ? found(reply.value, false) : notUnderstood(reply.value);
  if (status !== 200) return unexpected(reply.value);
  return isIt(json) ? found(reply.value, true) : notUnderstood(reply.value);
}

/** An answer, with the time that the platform gave. */
export function found<T>(answer: HttpAnswer, value: T): Reply<T> {
  return answer.date === undefined ? { kind: "answer", value } : { kind: "answer", value, date: answer.date };
}

function unexpected({ status, reason }: HttpAnswer): Unanswered {
  const message = reason === "" ? `HTTP ${status}` : `HTTP ${status}: ${reason}`;
  return status >= 400 ? { kind: "refused", status, message } : { kind: "unknown", status, message };
}

function notUnderstood({ status }: HttpAnswer): Unanswered {
  return { kind: "unknown", status, message: `HTTP ${status}, but the answer is not one that the platform gives` };
}
