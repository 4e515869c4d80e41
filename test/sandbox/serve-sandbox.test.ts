import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Agent, FormData, fetch } from "undici";
import { afterEach, describe, expect, test } from "vitest";
import { OnboardingError } from "../../src/domain/error.ts";
import type { FaultRule } from "../../src/sandbox/faults/faults.ts";
import { type RunningSandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/serve-sandbox.ts";
import { makeCa } from "./make-ca.ts";
import { BULK, basic, CERTIFICATES } from "./mount-sandbox.ts";

const TENANT = "/tenant/currentTenant";
const CSV = "ID;AUTH_TYPE;TYPE;NAME\na;CERTIFICATES;t;n\n";
const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function start(options: SandboxOptions = {}) {
  const sandbox = await startSandbox(options);
  const agent = new Agent({ connect: { ca: sandbox.caPem } });
  open.push(
    () => sandbox.close(),
    () => agent.destroy(),
  );
  const ask = (path: string, more: object = {}) =>
    fetch(new URL(path, sandbox.url), {
      dispatcher: agent,
      redirect: "manual",
      headers: { authorization: loginOf(sandbox), accept: "application/json" },
      ...more,
    });
  const register = (more: object = {}) => {
    const body = new FormData();
    body.set("file", new File([CSV], "lot.csv", { type: "text/csv" }));
    return ask(BULK, { method: "POST", body, ...more });
  };
  return { sandbox, ask, register };
}

function loginOf({ tenant, credentials }: RunningSandbox): string {
  return basic(`${tenant}/${credentials.user}`, credentials.password);
}

/** A bulk registration under a fault, and whether the device was made. */
async function underFault(rule: FaultRule) {
  const { sandbox, register } = await start({ faults: [rule] });
  const made = () => sandbox.state.devices.has("a");
  return { made, register };
}

/** Asks for the tenant over so many connections, so often over each. */
async function askFromThread(
  { url, caPem: ca }: RunningSandbox,
  { lanes, questions }: { readonly lanes: number; readonly questions: number },
): Promise<void> {
  const script = `
    const https = require("node:https");
    const { url, ca, lanes, questions } = require("node:worker_threads").workerData;
    const agent = new https.Agent({ keepAlive: true, maxSockets: lanes, ca });
    const ask = () => new Promise((resolve, reject) => {
      https.get(url, { agent }, (answer) => answer.resume().once("end", resolve)).once("error", reject);
    });
    const lane = async () => { for (let asked = 0; asked < questions; asked += 1) await ask(); };
    Promise.all(Array.from({ length: lanes }, lane)).then(() => agent.destroy());
  `;
  const worker = new Worker(script, { eval: true, workerData: { url: `${url}${TENANT}`, ca, lanes, questions } });
  const [code] = await once(worker, "exit");
  expect(code).toBe(0);
}

describe("the server", () => {
  test("it answers over TLS with its own authority, to both logins", async () => {
    const { sandbox, ask } = await start();
    expect(await (await ask(TENANT)).json()).toMatchObject({
      name: "t0815",
      self: `https://127.0.0.1:${sandbox.port}${TENANT}`,
    });
    const authorization = `Bearer ${sandbox.credentials.token}`;
    expect((await ask(TENANT, { headers: { authorization } })).status).toBe(200);
    const stranger = new Agent();
    open.push(() => stranger.destroy());
    await expect(ask(TENANT, { dispatcher: stranger })).rejects.toThrow("fetch failed");
  });

  test("a registration sent by a stock client arrives", async () => {
    const { sandbox, register } = await start();
    const answer = await register();
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ numberOfAll: 1, numberOfCreated: 1 });
    expect(sandbox.state.requests).toMatchObject([{ method: "POST", path: BULK, status: 201, inFlight: 1 }]);
  });

  test("requests under way are counted without those whose answer the client may have", async () => {
    const { sandbox } = await start({ faults: [{ kind: "delay", delayMs: 1 }] });
    // A client in a thread of its own is quick enough to come back before this one has heard that its answer went out.
    await askFromThread(sandbox, { lanes: 3, questions: 100 });
    expect(Math.max(...sandbox.state.requests.map(({ inFlight = 0 }) => inFlight))).toBeLessThanOrEqual(3);
  });

  test("users are those that are given, with their roles", async () => {
    const users = [{ userName: "line-3", password: "pw", roles: ["ROLE_IDENTITY_READ"] }];
    const { sandbox, ask } = await start({ users, tenant: "t9" });
    expect(sandbox.credentials).toMatchObject({ user: "line-3", password: "pw" });
    expect((await ask("/identity/externalIds/c8y_Serial/a")).status).toBe(404);
    expect((await ask(TENANT)).status).toBe(403);
  });

  test("certificates that are trusted from the start are ENABLED and proven", async () => {
    const ca = makeCa();
    const { ask } = await start({ trust: [ca.pem] });
    expect(await (await ask(CERTIFICATES)).json()).toMatchObject({
      certificates: [
        {
          fingerprint: new X509Certificate(ca.der).fingerprint.replaceAll(":", "").toLowerCase(),
          status: "ENABLED",
          proofOfPossessionValid: true,
          autoRegistrationEnabled: false,
        },
      ],
    });
  });

  test("a certificate that cannot be trusted, or a port that is taken, is told before anything runs", async () => {
    const { sandbox } = await start();
    const starts = [{ trust: [makeCa({ ca: false }).pem] }, { port: sandbox.port }];
    for (const options of starts) {
      const failure = await startSandbox(options).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(OnboardingError);
      expect(failure).toMatchObject({ code: "usage" });
    }
  });

  test("faults are set and cleared over the control endpoint", async () => {
    const { ask } = await start();
    const post = (rules: object[]) =>
      ask("/sandbox/faults", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(rules),
      });
    expect((await post([{ kind: "status", status: 429, retryAfterSeconds: 3 }])).status).toBe(200);
    const busy = await ask(TENANT);
    expect([busy.status, busy.headers.get("retry-after")]).toEqual([429, "3"]);
    await post([]);
    expect((await ask(TENANT)).status).toBe(200);
  });

  test("close ends a connection that waits for its answer", async () => {
    const { sandbox, ask } = await start({ faults: [{ kind: "stall" }] });
    const asked = ask(TENANT).then(
      () => "answered",
      () => "cut",
    );
    while (sandbox.state.requests.length === 0) await wait(5);
    await sandbox.close();
    expect(await asked).toBe("cut");
  });
});

describe("faults on the wire", () => {
  test("cut-before: no answer, nothing done", async () => {
    const { made, register } = await underFault({ kind: "cut-before" });
    await expect(register()).rejects.toThrow("fetch failed");
    expect(made()).toBe(false);
  });

  test("cut-after: no answer, the work done", async () => {
    const { made, register } = await underFault({ kind: "cut-after" });
    await expect(register()).rejects.toThrow("fetch failed");
    expect(made()).toBe(true);
  });

  test("cut-in-body: the status arrives, the body breaks off", async () => {
    const { made, register } = await underFault({ kind: "cut-in-body" });
    const answer = await register();
    expect(answer.status).toBe(201);
    await expect(answer.text()).rejects.toThrow("terminated");
    expect(made()).toBe(true);
  });

  test("stall: nothing arrives until the client gives up", async () => {
    const { made, register } = await underFault({ kind: "stall", afterWork: true });
    await expect(register({ signal: AbortSignal.timeout(150) })).rejects.toThrow(/abort|timeout/i);
    expect(made()).toBe(true);
  });

  test("delay: the answer is late and whole", async () => {
    const { register } = await underFault({ kind: "delay", delayMs: 30 });
    expect(await (await register()).json()).toMatchObject({ numberOfCreated: 1 });
  });

  test("drip: the answer comes in many pieces and is whole in the end", async () => {
    const { ask } = await start({ faults: [{ kind: "drip", intervalMs: 1 }] });
    const answer = await ask(TENANT);
    let pieces = 0;
    let text = "";
    for await (const piece of answer.body ?? []) {
      pieces += 1;
      text += Buffer.from(piece as Uint8Array).toString("latin1");
    }
    expect(JSON.parse(text)).toMatchObject({ name: "t0815" });
    expect(pieces).toBeGreaterThan(5);
  });

  test("huge-error-body: 10 MB arrive under the status", async () => {
    const { register } = await underFault({ kind: "huge-error-body", status: 500 });
    const answer = await register();
    expect([answer.status, (await answer.arrayBuffer()).byteLength]).toEqual([500, 10 * 1024 * 1024]);
  });

  test("not-json, redirect, part-refused and wrong-counts arrive as ordered", async () => {
    const page = await (await underFault({ kind: "not-json", afterWork: true })).register();
    expect([page.status, await page.text()]).toEqual([201, expect.stringContaining("<html>")]);
    const moved = await (await underFault({ kind: "redirect", location: "https://elsewhere.test/" })).register();
    expect([moved.status, moved.headers.get("location")]).toEqual([302, "https://elsewhere.test/"]);
    expect((await (await underFault({ kind: "part-refused", status: 413 })).register()).status).toBe(413);
    const wrong = await (await underFault({ kind: "wrong-counts", add: { numberOfAll: 1 } })).register();
    expect(await wrong.json()).toMatchObject({ numberOfAll: 2, numberOfSuccessful: 1 });
  });

  test("the connection serves on after an answered fault", async () => {
    const { ask } = await start({ faults: [{ kind: "status", status: 503, times: 1 }] });
    expect((await ask(TENANT)).status).toBe(503);
    expect((await ask(TENANT)).status).toBe(200);
  });
});
