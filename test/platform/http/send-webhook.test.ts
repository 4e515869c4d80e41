import { createHmac } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { openWebhook, type Webhook } from "../../../src/platform/http/send-webhook.ts";
import { type AnsweringServer, say, startAnswering } from "../answering-server.ts";

const SECRET = "a secret for the webhook";
const BODY = '{"event":"done"}';

let server: AnsweringServer | undefined;
let webhook: Webhook | undefined;
afterEach(async () => {
  await webhook?.close();
  await server?.close();
});

async function open(answer: Parameters<typeof startAnswering>[0], path = "/hook?site=3"): Promise<Webhook> {
  server = await startAnswering(answer);
  webhook = openWebhook({ url: `${server.url}${path}` }, SECRET, () => 1_700_000_000_999);
  return webhook;
}

test("an event is posted as JSON, signed together with its time", async () => {
  const hook = await open((_, response) => say(response, 204, ""));
  expect(await hook.send(BODY)).toEqual({ kind: "answer", value: undefined });
  const got = server?.got[0];
  const signature = createHmac("sha256", SECRET).update(`1700000000.${BODY}`).digest("hex");
  expect([got?.method, got?.url, got?.body.toString()]).toEqual(["POST", "/hook?site=3", BODY]);
  expect(got?.headers).toMatchObject({
    "content-type": "application/json",
    "x-lotmint-timestamp": "1700000000",
    "x-lotmint-signature": `sha256=${signature}`,
  });
});

test.each([
  [200, "answer"],
  [302, "refused"],
  [404, "refused"],
  [408, "busy"],
  [429, "busy"],
  [500, "busy"],
  [503, "busy"],
])("HTTP %i is %s", async (status, kind) => {
  const hook = await open((_, response) => say(response, status, "", { location: "/elsewhere", "retry-after": "7" }));
  expect(await hook.send(BODY)).toMatchObject({ kind, ...(kind === "busy" && { retryAfterMs: 7000 }) });
  expect(server?.got).toHaveLength(1);
});

test("nobody there, a broken answer and a stop are no errors, and the message does not hold the address's query", async () => {
  const hook = await open((_, response) => response.destroy(), "/hook?token=hidden");
  const broken = await hook.send(BODY);
  expect(broken.kind).toBe("unknown");
  expect(await hook.send(BODY, AbortSignal.abort())).toMatchObject({ kind: "unknown" });
  await server?.close();
  server = undefined;
  const away = await hook.send(BODY);
  expect(away).toMatchObject({ kind: "unknown", message: expect.stringContaining("ECONNREFUSED") });
  expect(JSON.stringify([broken, away])).not.toContain("hidden");
});

test("a receiver that never answers does not keep the end waiting", async () => {
  const hook = await open(() => undefined);
  const sending = hook.send(BODY);
  await expect.poll(() => server?.got.length, { timeout: 60_000 }).toBe(1);
  await hook.close();
  expect(await sending).toMatchObject({ kind: "unknown" });
});
