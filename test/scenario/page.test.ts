import { createPrivateKey } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type RequestOptions, request } from "node:https";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FORM_TYPE, formWith } from "../page/multipart-body.ts";
import { makePageIdentity } from "../page/page-identity.ts";
import { findSecrets, type Secret, type Written } from "./find-secret.ts";
import { makeWorld, PASSPHRASE, type Started, type World, writeJob } from "./harness.ts";

const OPERATOR = "operator-token-of-the-scenario";
const READER = "reader-token-of-the-scenario";
const SECRET_CELL = "a-cell-that-is-secret-4711";
const GIVE_UP_MS = 120_000;

let world: World;
let watcher: Started;
let log = "";
let url: URL;
const identity = makePageIdentity(["localhost"]);
/** Every octet that the page has answered. */
const answers: Written[] = [];

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

function ask(path: string, { headers = {}, ...options }: RequestOptions = {}, body?: Buffer | string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const take = (answer: IncomingMessage) => {
      const pieces: Buffer[] = [Buffer.from(JSON.stringify(answer.rawHeaders))];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      // A stream never ends by itself.
      if (path.startsWith("/events")) setTimeout(() => answer.destroy(), 1500);
      answer.on("close", () => {
        answers.push({ name: `${options.method ?? "GET"} ${path}`, content: Buffer.concat(pieces) });
        const text = Buffer.concat(pieces.slice(1)).toString("utf8");
        resolve({ status: answer.statusCode, headers: answer.headers, body: text });
      });
      answer.on("error", () => undefined);
    };
    const to = { host: "localhost", port: url.port, path, ca: identity.certificate, headers, ...options };
    request(to, take).on("error", reject).end(body);
  });
}

const operator = { authorization: `Bearer ${OPERATOR}` };
const post = (path: string, headers: Record<string, string> = operator, body?: Buffer | string) =>
  ask(path, { method: "POST", headers }, body);

async function until(is: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + GIVE_UP_MS;
  while (!(await is())) {
    if (Date.now() > giveUp) throw new Error(`it has not come to that:\n${log}`);
    await pause(50);
  }
}

beforeAll(async () => {
  world = await makeWorld();
  const { url: platform, tenant, credentials } = world.sandbox;
  const site = { url: platform, tenant, user: credentials.user, caFile: join(world.home, "platform-ca.pem") };
  writeFileSync(join(world.home, "lotmint.yaml"), JSON.stringify({ platform: site, settle: "300ms" }));
  writeJob(world.home, "all", { manifest: "../input/*.csv", secretColumns: ["pin"] });
  const [cert, key] = [join(world.home, "page.pem"), join(world.home, "page.key")];
  writeFileSync(cert, identity.certificate);
  writeFileSync(key, identity.key, { mode: 0o600 });
  watcher = world.start(["watch", "--page", "127.0.0.1:0", "--page-cert", cert, "--page-key", key], {
    env: { LOTMINT_PAGE_TOKEN: OPERATOR, LOTMINT_PAGE_READ_TOKEN: READER },
  });
  watcher.child.stderr?.setEncoding("utf8").on("data", (piece: string) => {
    log += piece;
  });
  await until(() => /"page":"https:[^"]+"/.test(log));
  url = new URL(/"page":"([^"]+)"/.exec(log)?.[1] ?? "");
});
afterAll(async () => {
  watcher?.child.kill("SIGKILL");
  await watcher?.ended;
  await world?.close();
});

test("a lot goes from the page to done, and no answer on the way holds a secret", async () => {
  const rows = [`PAGE-1,4711,${SECRET_CELL}`, `PAGE-2,4712,${SECRET_CELL}`, `,4713,${SECRET_CELL}`];
  const manifest = `id,serial_number,pin\n${rows.join("\n")}\n`;
  const handedIn = await post(
    "/manifests",
    { ...operator, accept: "application/json", "content-type": FORM_TYPE },
    formWith("page-1.csv", manifest),
  );
  expect(handedIn.status).toBe(201);
  const preview = JSON.parse(handedIn.body) as { readonly id: string };
  expect(preview).toMatchObject({ lot: "page-1", job: "all", rows: 3, toMint: 2, rejected: 1, problem: null });
  await ask(`/manifests/${preview.id}`, { headers: operator });
  const stream = ask("/events", { headers: operator });
  const lotStream = ask("/events?lot=page-1", { headers: operator });
  expect((await post(`/manifests/${preview.id}/start`)).status).toBe(303);
  await until(async () => /data-lot="page-1" data-state="partial"/.test((await ask("/", { headers: operator })).body));
  await Promise.all([stream, lotStream]);
  for (const path of [
    "/lots/page-1",
    "/lots/page-1/files/rejects.csv",
    "/lots/page-1/files/report.html",
    "/lots/page-1/files/receipt",
    "/lots/page-1/files/receipt.p7s",
    "/devices?q=PAGE-1",
  ]) {
    for (const language of ["de", "en"]) {
      const { status } = await ask(path, { headers: { ...operator, "accept-language": language } });
      expect([path, status]).toEqual([path, 200]);
    }
  }
  await post("/lots/page-1/stop");
  await post("/lots/page-1/resume");
  await post("/lots/page-1/send");
  await ask("/healthz", { headers: operator });
  const { body: metrics } = await ask("/metrics", { headers: { authorization: `Bearer ${READER}` } });
  expect(metrics).toMatch(/^lotmint_devices\{stage="confirmed"\} 2$/m);
  expect(metrics).toMatch(/^lotmint_platform_replies_total\{method="POST",status="201"\} \d+$/m);
  const folder = join(world.home, "output", "page-1");
  const files = ["..%2fsecrets%2fpasswords.csv", "passwords.csv", "devices%2fPAGE-1%2fkey.pem", "report.json"];
  for (const file of files) expect((await ask(`/lots/page-1/files/${file}`, { headers: operator })).status).toBe(404);
  await post(
    "/sign-in",
    { origin: url.origin.replace("127.0.0.1", "localhost"), "content-type": "application/x-www-form-urlencoded" },
    `token=${OPERATOR}x`,
  );

  const passwords = readFileSync(join(folder, "secrets", "passwords.csv"), "utf8")
    .trim()
    .split(/\r?\n/)
    .slice(1);
  const listed = passwords.flatMap((line): Secret[] => {
    const password = line.split(",").at(-1) ?? "";
    return [{ name: "a device's password", octets: Buffer.from(password) }];
  });
  expect(listed.length).toBeGreaterThanOrEqual(2);
  const secrets: Secret[] = [
    ...listed,
    ...[PASSPHRASE, OPERATOR, READER, SECRET_CELL, world.sandbox.credentials.password].map((text) => ({
      name: text,
      octets: Buffer.from(text),
    })),
    {
      name: "the page's key",
      octets: Buffer.from(createPrivateKey(identity.key).export({ format: "jwk" }).d ?? "", "base64url"),
    },
  ];
  expect(answers.length).toBeGreaterThan(20);
  expect(findSecrets(secrets, answers)).toEqual([]);
});

test("the reader's token may look and not act, and without a token nothing is seen", async () => {
  const reader = { authorization: `Bearer ${READER}` };
  expect((await ask("/", { headers: reader })).status).toBe(200);
  expect((await post("/lots/page-1/stop", reader)).status).toBe(403);
  expect((await ask("/")).status).toBe(401);
});

test("an address that is taken, or that others reach unguarded, ends with 2 before anything is begun", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.on("listening", resolve));
  const { port } = other.address() as { readonly port: number };
  const home = join(world.home, "other-home");
  try {
    await world.run(["init", home, "--without-platform", "--organization", "Acme"], {
      env: { LOTMINT_PASSPHRASE: PASSPHRASE },
    });
    for (const [address, cure] of [
      [`127.0.0.1:${port}`, "another program listens there"],
      ["0.0.0.0:0", "needs TLS"],
      ["nonsense", "--page takes HOST:PORT"],
    ] as const) {
      const { code, stderr } = await world.run(["watch", "--page", address], { home });
      expect([address, code, stderr.includes(cure)]).toEqual([address, 2, true]);
      expect(existsSync(join(home, "input", "work"))).toBe(false);
    }
    const once = await world.run(["watch", "--once", "--page", "127.0.0.1:0"], { home });
    expect([once.code, once.stderr]).toEqual([2, expect.stringContaining("leave out --once")]);
  } finally {
    other.close();
  }
});

test("the page ends with the watcher, open streams or not", async () => {
  const stream = ask("/events", { headers: operator });
  await pause(300);
  watcher.child.kill("SIGTERM");
  const { code } = await watcher.ended;
  expect(code).toBe(0);
  await stream;
  await expect(ask("/", { headers: operator })).rejects.toThrow();
});
