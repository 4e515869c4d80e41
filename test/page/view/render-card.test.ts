import { expect, test } from "vitest";
import { renderCard } from "../../../src/page/view/render-card.ts";
import { htmlText } from "../../../src/report/html.ts";
import { cardsOfAllStates, lotCard } from "../../fixtures/page-models.ts";

function markup(...given: Parameters<typeof lotCard>): string {
  return htmlText(renderCard(lotCard(...given), true, "en"));
}

test("each state is told by attribute, word and a shape of its own", () => {
  const cards = cardsOfAllStates().map((card) => htmlText(renderCard(card, true, "en")));
  const shapes = cards.map((card) => /<svg class="sign"[^>]*>(.*?)<\/svg>/.exec(card)?.[1]);
  expect(new Set(shapes).size).toBe(6);
  expect(cards.map((card) => /data-state="(\w+)"/.exec(card)?.[1])).toEqual([
    "running",
    "waiting",
    "stopped",
    "partial",
    "failed",
    "done",
  ]);
  expect(cards.map((card) => /<p class="state">([^<]*)</.exec(card)?.[1])).toEqual([
    "Running",
    "Waiting",
    "Stopped",
    "Partial",
    "Failed",
    "Done",
  ]);
});

test("a lot that is about to stop says so while it is still running", () => {
  const card = markup("L1", { state: "running", stopping: true, may: { stop: false, resume: true, sendAgain: false } });
  expect(card).toContain('data-state="running"');
  expect(card).toContain('<p class="state">Stopping</p>');
  expect(card).toContain('action="/lots/L1/resume"');
  expect(card).not.toContain("/stop");
});

test("a button is named by what it does and described by its lot, whatever the lot's name holds", () => {
  const card = markup("a b/\"c'", { may: { stop: true, resume: false, sendAgain: true } });
  expect(card).toContain('<form method="post" action="/lots/a%20b%2F%22c&#39;/stop" data-act="stop">');
  const [, id = ""] = /<h3 id="([^"]*)"/.exec(card) ?? [];
  expect(id).not.toMatch(/\s/);
  expect(card).toContain(`aria-describedby="${id}">Stop</button>`);
  expect(card).toContain(`aria-describedby="${id}">Send again</button>`);
});

test("who may not act gets no button, and a file without a lot no link", () => {
  expect(htmlText(renderCard(lotCard("L1", { state: "running" }), false, "en"))).not.toContain("<button");
  expect(markup("L1.csv", { key: "file:L1.csv", hasPage: false, state: "waiting" })).not.toContain("<a ");
});

test("progress tells percent, time left, rate and whether that keeps up with the line", () => {
  const progress = { room: "minting", done: 3120, total: 5000, ratePerSecond: 48.2, secondsLeft: 192 };
  const within = markup("L1", { state: "running", progress, taktSeconds: 0.5 });
  expect(within).toContain("62\u00a0%");
  expect(within).toContain("3\u00a0min left");
  expect(within).toContain("Making identities · 3\u00a0120 of 5\u00a0000 · 48.2 devices a second");
  expect(within).toContain('aria-valuenow="62"');
  expect(within).toContain("As fast as the line");
  expect(markup("L1", { state: "running", progress, taktSeconds: 0.001 })).toContain("Slower than the line");
  const early = { ...progress, ratePerSecond: null, secondsLeft: null, done: 0, total: 0 };
  expect(markup("L1", { state: "running", progress: early })).not.toMatch(/NaN|null|line</);
});

test("what the program says is marked as English on the German page", () => {
  const card = htmlText(renderCard(lotCard("L1", { state: "failed", problem: "the issuer has expired" }), true, "de"));
  expect(card).toContain('<span lang="en">The issuer has expired.</span>');
});
