import type { ServerResponse } from "node:http";
import type { SandboxAnswer } from "./sandbox-request.ts";

/**
 * Brings an answer to the client in the way that it asks for. A client that goes away ends it. `onLast` is called before
 * the client can see the end of its answer; not for an answer that has none, or that the client did not wait for.
 */
export function deliverAnswer(answer: SandboxAnswer, response: ServerResponse, onLast: () => void): void {
  const { delivery, ...plain } = answer;
  switch (delivery?.kind) {
    case undefined:
      sendHead(answer, response);
      onLast();
      response.end(answer.body);
      return;
    case "stall":
      return;
    case "cut":
      onLast();
      response.destroy();
      return;
    case "cut-in-body":
      onLast();
      if (answer.body.length === 0) {
        response.destroy();
        return;
      }
      sendHead(answer, response);
      // Only what has been written out reaches the client before the connection goes.
      response.flushHeaders();
      response.write(answer.body.subarray(0, Math.ceil(answer.body.length / 2)), () => response.destroy());
      return;
    case "delay": {
      const timer = setTimeout(() => deliverAnswer(plain, response, onLast), delivery.delayMs);
      response.once("close", () => clearTimeout(timer));
      return;
    }
    case "drip":
      sendHead(answer, response);
      drip(answer.body, delivery.intervalMs, response, onLast);
  }
}

function sendHead(answer: SandboxAnswer, response: ServerResponse): void {
  response.writeHead(answer.status, {
    ...answer.headers,
    // RFC 9110, 8.6: a 204 has no length.
    ...(answer.status === 204 ? {} : { "content-length": String(answer.body.length) }),
  });
}

function drip(body: Buffer, intervalMs: number, response: ServerResponse, onLast: () => void): void {
  let sent = 0;
  response.flushHeaders();
  const timer = setInterval(() => {
    if (sent >= body.length) {
      clearInterval(timer);
      onLast();
      response.end();
      return;
    }
    response.write(body.subarray(sent, sent + 1));
    sent += 1;
  }, intervalMs);
  response.once("close", () => clearInterval(timer));
}
