import { readdirSync, statSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { pageUploads } from "../../src/disk/layout.ts";
import type { PageSettings } from "../../src/page/page-tools.ts";
import { type RunningPage, servePage } from "../../src/page/serve-page.ts";
import * as world from "../ledger/ledger-world.ts";
import { FORM_TYPE, formStream } from "./multipart-body.ts";
import { makePageIdentity } from "./page-identity.ts";
import { makePage, OPERATOR } from "./page-world.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0, loopback: true };

async function serve(settings: Partial<PageSettings> = {}, port = 0) {
  const page = await makePage();
  const running = await servePage({ address: { ...LOOPBACK, port }, ...settings }, page.tools);
  onTestFinished(() => running.close());
  return { ...page, running };
}

function bodyOf(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    answer.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    answer.on("end", () => resolve(text)).on("error", reject);
  });
}

/** Opens a stream; gives what has come so far. */
async function follow(
  { url }: RunningPage,
  path = "/events",
): Promise<{ readonly socket: Socket; readonly text: () => string }> {
  const { port, host } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  let text = "";
  socket.on("error", () => undefined);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  socket.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  await until(() => text.includes("retry:"));
  return { socket, text: () => text };
}

async function until(is: () => boolean): Promise<void> {
  while (!is()) await pause(5);
}

test("the page is served where it says, and ends with every stream that is open", async () => {
  const { running } = await serve();
  const answer = await fetch(running.url);
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("<!doctype html>")]);
  const { socket } = await follow(running);
  const closed = new Promise((resolve) => socket.on("close", resolve));
  await running.close();
  await closed;
  await expect(fetch(running.url)).rejects.toThrow();
});

test("a port that is taken is told with the cure", async () => {
  const { running, tools } = await serve();
  const port = Number(new URL(running.url).port);
  await expect(servePage({ address: { ...LOOPBACK, port } }, tools)).rejects.toMatchObject({
    code: "usage",
    message: `the page cannot be served on 127.0.0.1:${port}: another program listens there; stop it, or choose another port`,
  });
});

test("an address that this machine does not have is told with the cure", async () => {
  const { tools } = await makePage();
  const address = { host: "192.0.2.1", port: 0, loopback: false };
  await expect(servePage({ address }, tools)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining("no such address"),
  });
});

test("with TLS the sign-in sets a cookie that goes over TLS alone", async () => {
  const tls = makePageIdentity(["localhost"]);
  const { running } = await serve({ tls, tokens: { operator: OPERATOR } });
  const port = Number(new URL(running.url).port);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { origin: `https://localhost:${port}`, "content-type": "application/x-www-form-urlencoded" };
    const options = { port, host: "localhost", method: "POST", path: "/sign-in", headers, ca: tls.certificate };
    httpsRequest(options, resolve).on("error", reject).end(`token=${OPERATOR}`);
  });
  answer.resume();
  expect(answer.statusCode).toBe(303);
  expect(answer.headers["set-cookie"]).toEqual([
    expect.stringMatching(/^__Host-lotmint=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/),
  ]);
  expect(answer.headers["strict-transport-security"]).toBeDefined();
});

function handIn({ url }: RunningPage, octets: number): Promise<IncomingMessage> {
  const { length, stream } = formStream("L1.csv", octets);
  return new Promise((resolve, reject) => {
    const headers = {
      origin: new URL(url).origin,
      accept: "application/json",
      "content-type": FORM_TYPE,
      "content-length": String(length),
    };
    const request = httpRequest(new URL("/manifests", url), { method: "POST", headers }, resolve);
    request.on("error", reject);
    stream.pipe(request);
  });
}

const MB = 1024 * 1024;

test("512 MB are taken in with flat memory, and one octet more is told as too large and leaves nothing", async () => {
  const { running, home } = await serve();
  // What the process holds, not what the collector has not looked at yet.
  let peak = 0;
  const before = process.memoryUsage().external + process.memoryUsage().arrayBuffers;
  const watch = setInterval(() => {
    const { external, arrayBuffers } = process.memoryUsage();
    peak = Math.max(peak, external + arrayBuffers - before);
  }, 10);
  const taken = await handIn(running, 512 * MB);
  clearInterval(watch);
  expect([taken.statusCode, JSON.parse(await bodyOf(taken))]).toEqual([
    201,
    expect.objectContaining({ file: "L1.csv" }),
  ]);
  const [kept = ""] = readdirSync(pageUploads(home));
  expect(statSync(join(pageUploads(home), kept))).toMatchObject({ size: 512 * MB, mode: 0o100600 });
  expect(peak).toBeLessThan(200 * MB);
  const refused = await handIn(running, 512 * MB + 1);
  expect([refused.statusCode, JSON.parse(await bodyOf(refused))]).toEqual([
    413,
    { error: "too-large", message: "the file has more than 512 MB; divide it into several lots" },
  ]);
  expect(readdirSync(pageUploads(home))).toEqual([kept]);
});

test("an upload that breaks off leaves nothing", async () => {
  const { running, home } = await serve();
  const { port, host } = new URL(running.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write(
    `POST /manifests HTTP/1.1\r\nHost: ${host}\r\nOrigin: http://${host}\r\nContent-Type: ${FORM_TYPE}\r\nContent-Length: 999999\r\n\r\n`,
  );
  for await (const piece of formStream("L1.csv", 100_000).stream) {
    if (String(piece).includes("\r\n--the-boundary-of-a-form--")) break;
    socket.write(piece as Buffer);
  }
  const folder = pageUploads(home);
  const names = () => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  };
  await until(() => names().length === 1);
  socket.destroy();
  await until(() => names().length === 0);
});

test("five hundred open streams hear of a change", async () => {
  const { running, watch, ledger } = await serve();
  const streams = await Promise.all(Array.from({ length: 500 }, () => follow(running)));
  onTestFinished(() => {
    for (const { socket } of streams) socket.destroy();
  });
  await world.plannedLot(ledger, "lot-that-is-new", ["a"]);
  watch.tell("lot-that-is-new");
  await until(() => streams.every(({ text }) => text().includes("lot-that-is-new")));
});

test("a client that does not read is cut off, and the others go on", async () => {
  const { running, watch } = await serve();
  const [slow, other] = [await follow(running), await follow(running)];
  slow.socket.pause();
  let heard = 0;
  other.socket.on("data", (piece: string) => {
    heard += piece.length;
  });
  const accepted = () => running.streams;
  for (let time = 0; accepted() === 2; time++) {
    const before = heard;
    watch.works_ = Array.from({ length: 50 }, (_, number) => ({
      file: `${number}.csv`,
      lot: null,
      job: null,
      state: "waiting",
      reason: "x".repeat(20_000),
      sinceMs: time,
      progress: null,
      rates: [],
      taktSeconds: null,
    }));
    watch.tell();
    await until(() => heard > before || accepted() < 2);
  }
  expect([accepted(), other.socket.destroyed]).toEqual([1, false]);
  slow.socket.destroy();
  other.socket.destroy();
});
