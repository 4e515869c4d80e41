import { existsSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { makeRows, makeWorld, manifestText, type World, writeJob } from "./harness.ts";

const SECRET = "a secret for the webhook";
const GIVE_UP_MS = 240_000;

let world: World;

beforeAll(async () => {
  world = await makeWorld();
  writeJob(world.home, "all", { manifest: "../input/*.csv" });
});
afterAll(() => world.close());

async function until(isTrue: () => boolean): Promise<void> {
  const giveUp = Date.now() + GIVE_UP_MS;
  while (!isTrue()) {
    if (Date.now() > giveUp) throw new Error(`this has not come true: ${isTrue.toString()}`);
    await pause(20);
  }
}

interface Receiver {
  readonly port: number;
  readonly got: { readonly id: string; readonly event: string; readonly lot: string }[];
  /** Says what becomes of a request. */
  answer: (response: ServerResponse, body: { readonly lot: string }) => void;
}

async function openReceiver(port = 0): Promise<Receiver> {
  const receiver: Omit<Receiver, "port"> = { got: [], answer: (response) => response.writeHead(204).end() };
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (piece: Buffer) => {
      text += piece.toString();
    });
    request.on("end", () => {
      const body = JSON.parse(text) as Receiver["got"][number];
      receiver.got.push(body);
      receiver.answer(response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(receiver, { port: (server.address() as AddressInfo).port });
}

function writeSettings(port: number): void {
  const { url, tenant, credentials } = world.sandbox;
  const platform = { url, tenant, user: credentials.user, caFile: join(world.home, "platform-ca.pem") };
  const webhook = { url: `http://127.0.0.1:${port}/lotmint` };
  writeFileSync(join(world.home, "lotmint.yaml"), JSON.stringify({ platform, settle: "100ms", webhook }));
}

function drop(lot: string): void {
  const aside = join(world.home, "aside");
  writeFileSync(aside, manifestText(makeRows(lot.toUpperCase(), 3)));
  renameSync(aside, join(world.home, "input", `${lot}.csv`));
}

const isDone = (lot: string) => existsSync(join(world.home, "input", "done", `${lot}.csv`));
const waiting = () => readdirSync(join(world.home, "state", "webhook")).filter((name) => name.endsWith(".json"));
const env = { LOTMINT_WEBHOOK_SECRET: SECRET };

test("events outlive a SIGKILL while nobody takes them, and go in order, each under its id, when the receiver is there", async () => {
  const receiver = await openReceiver();
  // It takes the connection and never answers.
  receiver.answer = () => undefined;
  writeSettings(receiver.port);
  const first = world.start(["watch"], { env });
  for (const lot of ["w1", "w2", "w3"]) {
    drop(lot);
    await until(() => isDone(lot));
  }
  await until(() => receiver.got.length === 1);
  first.child.kill("SIGKILL");
  expect((await first.ended).signal).toBe("SIGKILL");
  expect(waiting()).toHaveLength(3);
  const [inFlight] = receiver.got.splice(0);

  // Still away: what is told now waits behind the others, and `--once` does not wait for the receiver.
  receiver.answer = (response) => response.writeHead(503).end();
  drop("w4");
  const once = await world.run(["watch", "--once"], { env });
  expect([once.code, isDone("w4"), waiting().length]).toEqual([0, true, 4]);
  expect(once.stderr).toContain("4 events wait for the webhook, to be delivered when watch is started again");
  expect(once.stderr).not.toContain(SECRET);
  expect(new Set(receiver.got.splice(0).map(({ id }) => id))).toEqual(new Set([inFlight?.id]));

  // One that the receiver calls wrong does not keep the others.
  receiver.answer = (response, { lot }) => response.writeHead(lot === "w2" ? 422 : 204).end();
  const last = world.start(["watch"], { env });
  await until(() => waiting().length === 0);
  last.child.kill("SIGTERM");
  expect((await last.ended).code).toBe(0);
  expect(receiver.got.map(({ event, lot }) => `${event} ${lot}`)).toEqual([
    "done w1",
    "done w2",
    "done w2",
    "done w2",
    "done w3",
    "done w4",
  ]);
  expect(receiver.got[0]?.id).toBe(inFlight?.id);
  expect(new Set(receiver.got.map(({ id }) => id)).size).toBe(4);
  expect(readdirSync(join(world.home, "state", "webhook", "aside"))).toHaveLength(1);
});
