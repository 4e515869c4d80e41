import { RequestRefusal, refusalAnswer } from "../http/request-refusal.ts";
import type { SandboxAnswer } from "../http/sandbox-request.ts";
import { type AnswerFault, COUNT_NAMES, type Fault } from "./faults.ts";

/** Names of statuses for the first field of an error body. */
const STATUS_NAMES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  408: "Request Timeout",
  413: "Payload Too Large",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

const HUGE_BODY_BYTES = 10 * 1024 * 1024;
const PROXY_PAGE = Buffer.from("<html><head><title>Sandbox</title></head><body>not what you asked for</body></html>\n");

/** The answer that a fault makes of a request. `work` does what the request asks, and is called at most once. */
export function playFault(fault: AnswerFault, work: () => SandboxAnswer, nowMs: number): SandboxAnswer {
  const doneFirst = "afterWork" in fault && fault.afterWork === true ? work() : undefined;
  switch (fault.kind) {
    case "status":
      return errorOf(fault.status, fault.message, retryAfter(fault, nowMs));
    case "stall":
      return { ...(doneFirst ?? nothing()), delivery: { kind: "stall" } };
    case "delay":
      return { ...work(), delivery: { kind: "delay", delayMs: fault.delayMs } };
    case "drip":
      return { ...work(), delivery: { kind: "drip", intervalMs: fault.intervalMs } };
    case "cut-before":
      return { ...nothing(), delivery: { kind: "cut" } };
    case "cut-after":
      return { ...work(), delivery: { kind: "cut" } };
    case "cut-in-body":
      return { ...work(), delivery: { kind: "cut-in-body" } };
    case "not-json":
      return { status: doneFirst?.status ?? 200, headers: { "content-type": "text/html" }, body: PROXY_PAGE };
    case "huge-error-body":
      return {
        ...errorOf(fault.status, undefined, {}),
        body: Buffer.alloc(fault.bytes ?? HUGE_BODY_BYTES, "the sandbox talks and talks "),
      };
    case "redirect":
      return { status: 302, headers: { location: fault.location }, body: Buffer.alloc(0) };
    case "wrong-counts":
      return withAdded(work(), fault.add);
    case "part-refused":
      return errorOf(fault.status, fault.message ?? "The file was refused by a rule of the sandbox", {});
  }
}

function nothing(): SandboxAnswer {
  return { status: 0, headers: {}, body: Buffer.alloc(0) };
}

function errorOf(status: number, message: string | undefined, headers: Readonly<Record<string, string>>) {
  const name = STATUS_NAMES[status] ?? "Error";
  const challenge = status === 401 ? { "www-authenticate": 'Basic realm="Cumulocity"' } : {};
  return refusalAnswer(
    new RequestRefusal(status, `sandbox/${name}`, message ?? `${name}, as ordered`, { ...headers, ...challenge }),
  );
}

function retryAfter(fault: Extract<Fault, { kind: "status" }>, nowMs: number): Readonly<Record<string, string>> {
  if (fault.retryAfterSeconds === undefined) return {};
  if (fault.retryAfterAs !== "date") return { "retry-after": String(fault.retryAfterSeconds) };
  return { "retry-after": new Date(nowMs + fault.retryAfterSeconds * 1000).toUTCString() };
}

/** The answer with its counts changed; one that is not a bulk registration's success stays as it is. */
function withAdded(answer: SandboxAnswer, add: Extract<Fault, { kind: "wrong-counts" }>["add"]): SandboxAnswer {
  if (answer.status !== 201 || answer.body.length === 0) return answer;
  const body: Record<string, unknown> = JSON.parse(answer.body.toString("utf8"));
  for (const name of COUNT_NAMES) body[name] = Number(body[name]) + (add[name] ?? 0);
  return { ...answer, body: Buffer.from(JSON.stringify(body), "utf8") };
}
