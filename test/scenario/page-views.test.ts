import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type LotCard, type LotsEvent, PAGE_SIZE } from "../../src/page/model.ts";
import type { Locale } from "../../src/page/view/locale.ts";
import { renderCard } from "../../src/page/view/render-card.ts";
import { renderDevice } from "../../src/page/view/render-device.ts";
import { renderError } from "../../src/page/view/render-error.ts";
import { renderHome } from "../../src/page/view/render-home.ts";
import { renderLot, renderLotMatter } from "../../src/page/view/render-lot.ts";
import { renderPreview } from "../../src/page/view/render-preview.ts";
import { renderSignIn } from "../../src/page/view/render-sign-in.ts";
import { type Html, htmlText } from "../../src/report/html.ts";
import { axeFindings, complaintsOf, dropFile, mayBrowse, openBrowser, overflow } from "../fixtures/browser.ts";
import { cardsOfAllStates, deviceModel, homeModel, lotCard, lotModel, previewModel } from "../fixtures/page-models.ts";
import { type PageServer, servePages } from "../fixtures/page-server.ts";

const FRAME = { mayAct: true, signedIn: true };
const LONG = "L".repeat(100);
const MAY_STOP = { stop: true, resume: false, sendAgain: false };

/** More cards than a page shows at once, the first of them at work. */
const MANY = Array.from({ length: PAGE_SIZE }, (_, index) =>
  lotCard(`L-${index}`, index === 0 ? { state: "running" } : {}),
);

let home = homeModel();

const PAGES: Readonly<Record<string, (locale: Locale) => Html>> = {
  "/": (locale) => renderHome(home, locale),
  "/preview-open": (locale) => renderHome(homeModel({ preview: previewModel() }), locale),
  "/many": (locale) => renderHome(homeModel({ cards: MANY, total: 5000, pages: 100 }), locale),
  "/partial": (locale) => renderHome(homeModel({ cards: cardsOfAllStates().slice(3, 4), filter: "partial" }), locale),
  "/empty": (locale) => renderHome(homeModel({ cards: [], authorities: [], schedules: [] }), locale),
  "/long": (locale) =>
    renderHome(homeModel({ ...FRAME, cards: [lotCard(LONG, { problem: LONG, job: LONG })] }), locale),
  "/lot": (locale) => renderLot(lotModel(), locale),
  "/device": (locale) => renderDevice(deviceModel(), locale),
  "/manifests/p1": (locale) => renderPreview({ ...FRAME, preview: previewModel() }, locale),
  "/manifests/bad": (locale) =>
    renderPreview({ ...FRAME, preview: previewModel({ id: "bad", problem: "the file has no header" }) }, locale),
  "/error": (locale) => renderError({ ...FRAME, status: 413, kind: "too-large", message: "over 512 MB" }, locale),
  "/sign-in": (locale) => renderSignIn({ problem: "wrong-token", waitSeconds: null, next: "/" }, locale),
};

/** In the page: gathers the lots that something changes of, or "elsewhere". */
const WATCH_CHANGES = `
  window.changed = new Set();
  new MutationObserver((records) => {
    for (const { target } of records) {
      const element = target instanceof Element ? target : target.parentElement;
      window.changed.add(element.closest("[data-lot]")?.dataset.lot ?? "elsewhere");
    }
  }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
`;

/** In the page: the focused element's name or text, how wide its outline is, and where it is in the window. */
const WHAT_HAS_FOCUS = `(() => {
  const element = document.activeElement;
  const { outlineWidth, outlineStyle } = getComputedStyle(element);
  const name = element === document.body ? "" : (element.getAttribute("name") ?? element.textContent ?? "").trim();
  return [name, outlineStyle === "none" ? 0 : Number.parseFloat(outlineWidth), element.getBoundingClientRect().top];
})()`;

describe.skipIf(!mayBrowse)("in a browser (needs /usr/bin/chromium)", () => {
  let browser: Browser;
  let server: PageServer;
  /** What the next posts wait for, and what comes of them. */
  let posted: (path: string, body: string) => ReturnType<Parameters<typeof servePages>[0]["post"]>;

  const plainAnswer: typeof posted = async (path) => (path === "/manifests" ? "/manifests/p1" : "/");

  beforeAll(async () => {
    browser = await openBrowser();
    server = await servePages({
      page: (path, locale) => PAGES[path]?.(locale),
      post: (path, body) => posted(path, body),
    });
    posted = plainAnswer;
  });
  afterEach(() => {
    posted = plainAnswer;
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** A page of a visitor of its own; whatever it complains about fails the test. */
  async function visit(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: "en-GB", ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints = complaintsOf(page);
    onTestFinished(() => expect(complaints).toEqual([]));
    await page.goto(server.url + path);
    if (options.javaScriptEnabled !== false && path !== "/sign-in" && path !== "/error") {
      await page.locator("body[data-live], body:not([data-stream])").waitFor({ state: "attached" });
    }
    return page;
  }

  function lotsEvent(cards: readonly LotCard[], given: Partial<LotsEvent> = {}): LotsEvent {
    const html = Object.fromEntries(cards.map((card) => [card.key, htmlText(renderCard(card, true, "en"))]));
    return { html, counts: homeModel().counts, removed: [], ...given };
  }

  const LOOKS = [
    { colorScheme: "light", width: 768, locale: "en-GB" },
    { colorScheme: "dark", width: 1920, locale: "de-DE" },
  ] as const;

  test.each(LOOKS)(
    "no page has a finding of axe-core or is wider than its window, $colorScheme at $width",
    async (look) => {
      const { colorScheme, width, locale } = look;
      const page = await visit("/", { colorScheme, locale, viewport: { width, height: 1080 } });
      for (const path of Object.keys(PAGES)) {
        await page.goto(server.url + path);
        expect(await axeFindings(page), path).toEqual([]);
        expect(await overflow(page), path).toBeLessThanOrEqual(0);
        expect(await page.getAttribute("html", "lang")).toBe(locale.slice(0, 2));
      }
    },
  );

  test("the other scheme has other colours, and its contrast suffices at the other width too", async () => {
    const page = await visit("/preview-open", { colorScheme: "dark", viewport: { width: 768, height: 1080 } });
    const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    const dark = await background();
    expect(await axeFindings(page)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    await page.emulateMedia({ colorScheme: "light" });
    expect(await background()).not.toBe(dark);
  });

  test("an update leaves focus, scroll and an open preview where they are", async () => {
    const page = await visit("/preview-open", { viewport: { width: 1280, height: 500 } });
    const [running = lotCard("L1")] = cardsOfAllStates();
    const card = page.locator('[data-lot="L2026-47-running"]');
    await card.getByRole("button", { name: "Stop" }).focus();
    const before = await page.evaluate("scrollY");
    expect(before).toBeGreaterThan(0);
    const progress = { room: "submitting", done: 4000, total: 5000, ratePerSecond: 9, secondsLeft: 99 };
    server.send("lots", lotsEvent([{ ...running, progress, finished: 4000 }]));
    await card.getByText("Sending to the platform").waitFor();
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Stop");
    expect(await page.evaluate("scrollY")).toBe(before);
    expect(await page.getByRole("button", { name: "Start", exact: true }).count()).toBe(1);
  });

  test("where the focused button is gone, the next one of the same lot has the focus", async () => {
    const page = await visit("/");
    const card = page.locator('[data-lot="L2026-47-running"]');
    await card.getByRole("button", { name: "Stop" }).focus();
    server.send("lots", lotsEvent([lotCard("L2026-47-running", { state: "stopped" })]));
    await card.getByRole("button", { name: "Resume" }).waitFor();
    expect(await card.getAttribute("data-state")).toBe("stopped");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Resume");
  });

  test("new lots stand on top, the list does not grow, and what is being read does not move", async () => {
    const page = await visit("/many", { viewport: { width: 1280, height: 600 } });
    const read = page.locator('[data-lot="L-20"]');
    await read.scrollIntoViewIfNeeded();
    const place = () => read.evaluate((element) => Math.round(element.getBoundingClientRect().top));
    const before = await place();
    const [{ atMs } = lotCard("L-0")] = MANY;
    const fresh = [
      lotCard("NEW-1", { atMs: atMs + 1, state: "partial" }),
      lotCard("NEW-2", { atMs: atMs + 2 }),
      lotCard("OLD", { atMs: atMs - 1 }),
    ];
    server.send("lots", lotsEvent(fresh, { counts: { ...homeModel().counts, partial: 1234 }, removed: ["L-1"] }));
    await page.locator('[data-lot="NEW-1"]').waitFor({ state: "attached" });
    const names = await page
      .locator("[data-lot]")
      .evaluateAll((all) => all.map((each) => each.getAttribute("data-lot")));
    expect(names.slice(0, 4)).toEqual(["NEW-2", "NEW-1", "L-0", "L-2"]);
    expect(names).toHaveLength(PAGE_SIZE);
    expect(await place()).toBe(before);
    expect(await page.locator('[data-count="partial"]').textContent()).toBe("1\u00a0234");
  });

  test("a list that is narrowed to a state keeps to it", async () => {
    const page = await visit("/partial");
    server.send("lots", lotsEvent([lotCard("OTHER"), lotCard("FITS", { state: "partial" })]));
    await page.locator('[data-lot="FITS"]').waitFor();
    expect(await page.locator('[data-lot="OTHER"]').count()).toBe(0);
    server.send("lots", lotsEvent([lotCard("L2026-47-partial"), lotCard("FITS")]));
    await page.locator("[data-lot]").first().waitFor({ state: "detached" });
    await page.getByText("No lot matches.").waitFor();
  });

  test("an update of one lot among many changes nothing else of the page", async () => {
    const page = await visit("/many");
    await page.evaluate(WATCH_CHANGES);
    for (let finished = 1; finished <= 20; finished++) {
      const [first = lotCard("L-0")] = MANY;
      server.send("lots", lotsEvent([{ ...first, finished }], { counts: homeModel({ cards: MANY }).counts }));
    }
    await page.locator('[data-lot="L-0"] dd').filter({ hasText: /^20$/ }).waitFor();
    expect(await page.evaluate("[...window.changed]")).toEqual(["L-0"]);
  });

  test("a screen reader is told of states and not of progress, and of many in one sentence", async () => {
    const page = await visit("/");
    await page.clock.install();
    const [running = lotCard("L1")] = cardsOfAllStates();
    const said = () => page.locator("#said").textContent();
    server.send("lots", lotsEvent([{ ...running, finished: 4000 }]));
    await page.locator('[data-lot="L2026-47-running"]').getByText("4\u00a0000").waitFor();
    await page.clock.runFor(10_000);
    expect(await said()).toBe("");
    server.send("lots", lotsEvent([lotCard("L2026-47-running")]));
    await page.locator('[data-lot="L2026-47-running"][data-state="done"]').waitFor();
    await page.clock.runFor(10_000);
    expect(await said()).toBe("L2026-47-running: Done");
    server.send("lots", lotsEvent(["A", "B", "C", "D"].map((lot) => lotCard(lot))));
    await page.locator('[data-lot="D"]').waitFor();
    await page.clock.runFor(10_000);
    expect(await said()).toBe("Several lots have changed.");
  });

  test("a lost connection is told, also where the server refuses, and so is that it is back", async () => {
    const context = await browser.newContext({ locale: "de-DE" });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`${server.url}/lot`);
    await expect.poll(server.streams).toBe(1);
    const note = page.getByText("Verbindung verloren.");
    expect(await note.isVisible()).toBe(false);
    server.breakStreams(true);
    await note.waitFor();
    expect(await axeFindings(page)).toEqual([]);
    server.breakStreams(false);
    await note.waitFor({ state: "hidden" });
    server.send("lot", { html: htmlText(renderLotMatter(lotModel({ card: lotCard("L1") }), "de")) });
    await page.locator('[data-lot="L1"][data-state="done"]').waitFor();
  });

  test("a dropped list is shown before it is started, once, and the button goes as soon as it is pressed", async () => {
    const page = await visit("/");
    await dropFile(page, "L2026-48.csv", "id\nACM-1\n");
    await page.getByRole("heading", { name: "Preview of L2026-48.csv" }).waitFor();
    expect(await page.evaluate("document.activeElement.id")).toBe("preview-title");
    expect(server.bodies.at(-1)).toMatch(/name="manifest"; filename="L2026-48.csv"[\s\S]*id\r?\nACM-1/);
    const { promise, resolve } = Promise.withResolvers<string>();
    posted = () => promise;
    const start = page.getByRole("button", { name: "Start", exact: true });
    await start.click();
    await start.waitFor({ state: "detached" });
    await expect.poll(() => server.posts.at(-1)).toBe("/manifests/p1/start");
    const count = server.posts.length;
    resolve("/");
    await page.getByText("The list has been handed over.").waitFor();
    expect(await page.locator("#preview").count()).toBe(0);
    expect(server.posts.length).toBe(count);
  });

  test("a list that is chosen in the file input is shown right away, and the next one takes its place", async () => {
    const page = await visit("/", { locale: "de-DE" });
    const input = page.getByLabel("Geräteliste");
    expect(await page.locator('input[type="file"]').count()).toBe(1);
    await input.setInputFiles({ name: "A.csv", mimeType: "text/csv", buffer: Buffer.from("id\n1\n") });
    await page.getByRole("button", { name: "Starten" }).waitFor();
    posted = async () => "/manifests/bad";
    await input.setInputFiles({ name: "B.csv", mimeType: "text/csv", buffer: Buffer.from("1\n") });
    await page.getByText("Diese Liste kann nicht begonnen werden").waitFor();
    expect(await page.locator("#preview").count()).toBe(1);
    expect(await page.getByRole("button", { name: "Starten" }).count()).toBe(0);
    await page.getByRole("button", { name: "Verwerfen" }).click();
    await page.locator("#preview").waitFor({ state: "detached" });
    expect(server.posts.at(-1)).toBe("/manifests/bad/discard");
  });

  test("an upload shows that it is under way, can be given up, and its error is told", async () => {
    const context = await browser.newContext({ locale: "en-GB" });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(server.url);
    const { promise, resolve } = Promise.withResolvers<string>();
    posted = () => promise;
    await dropFile(page, "slow.csv", "id\n1\n");
    await page.getByText("Reading the list: slow.csv").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    expect(await page.getByRole("progressbar", { name: "Uploading" }).count()).toBe(0);
    resolve("/");
    const error = renderError({ ...FRAME, status: 400, kind: "bad-request", message: "it is no list" }, "en");
    posted = async () => ({ status: 400, page: error });
    await dropFile(page, "wrong.xlsx", "PK");
    await page.getByText("It is no list").waitFor();
    expect(await page.locator("#preview").count()).toBe(0);
  });

  test("a lot is stopped from its button, and what went wrong is told beside the list", async () => {
    const context = await browser.newContext({ locale: "en-GB" });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(server.url);
    const stop = page.locator('[data-lot="L2026-47-running"]').getByRole("button", { name: "Stop" });
    await stop.click();
    await expect.poll(() => server.posts.at(-1)).toBe("/lots/L2026-47-running/stop");
    const error = renderError({ ...FRAME, status: 409, kind: "conflict", message: "another process runs it" }, "en");
    posted = async () => ({ status: 409, page: error });
    await stop.click();
    await page.getByText("Another process runs it").waitFor();
    expect(page.url()).toBe(`${server.url}/`);
  });

  test("everything is reached and seen by the keyboard alone", async () => {
    const page = await visit("/preview-open");
    const reached: string[] = [];
    for (let press = 0; press < 60; press++) {
      await page.keyboard.press("Tab");
      const [name, outline, top] = await page.evaluate<readonly [string, number, number]>(WHAT_HAS_FOCUS);
      if (name === "") break;
      expect(outline, name).toBeGreaterThanOrEqual(2);
      expect(top, name).toBeGreaterThanOrEqual(0);
      reached.push(name);
    }
    expect(reached.slice(0, 4)).toEqual(["To the content", "lotmint", "q", "Find"]);
    expect(reached).toEqual(expect.arrayContaining(["manifest", "Start", "Discard", "Stop", "Resume", "Send again"]));
    // Not by a click: Enter on the button that has the focus.
    await page.getByRole("button", { name: "Start", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("The list has been handed over.").waitFor();
    expect(await page.evaluate("document.activeElement.id")).toBe("manifest");
  });

  test("without the script the same is done by forms and links", async () => {
    const page = await visit("/", { javaScriptEnabled: false });
    await page
      .getByLabel("Manifest")
      .setInputFiles({ name: "A.csv", mimeType: "text/csv", buffer: Buffer.from("id\n1\n") });
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByRole("heading", { name: "Preview of L2026-48.csv" }).waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await page.waitForURL(`${server.url}/`);
    await page.locator('[data-lot="L2026-47-running"]').getByRole("button", { name: "Stop" }).click();
    expect(server.posts.slice(-3)).toEqual(["/manifests", "/manifests/p1/start", "/lots/L2026-47-running/stop"]);
  });

  test("what went on while the connection was lost, and budgets now and then, are asked for again", async () => {
    const context = await browser.newContext({ locale: "en-GB" });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.clock.install();
    await page.goto(`${server.url}/`);
    onTestFinished(() => {
      home = homeModel();
    });
    await expect.poll(server.streams).toBe(1);
    await page.getByRole("searchbox", { name: "Find a lot" }).fill("half a na");
    server.breakStreams(true);
    await page.clock.runFor(3000);
    await page.getByText("Connection lost.").waitFor();
    const [authority] = homeModel().authorities;
    home = homeModel({ cards: [lotCard("MEANWHILE")], authorities: authority === undefined ? [] : [authority] });
    server.breakStreams(false);
    await expect
      .poll(async () => {
        await page.clock.runFor(3000);
        return page.locator("[data-lot]").evaluateAll((all) => all.map((each) => each.getAttribute("data-lot")));
      })
      .toEqual(["MEANWHILE"]);
    expect(await page.locator(".authorities > li").count()).toBe(1);
    expect(await page.getByRole("searchbox", { name: "Find a lot" }).inputValue()).toBe("half a na");
    home = homeModel({ authorities: [] });
    await page.clock.runFor(60_000);
    await page.getByText("No authority yet.").waitFor();
  });

  test("a lot's page follows its lot without losing what is open or focused", async () => {
    const page = await visit("/lot");
    const table = page.getByRole("region", { name: "Rejected rows" });
    await table.focus();
    const card = lotCard("L2026-47-running", { may: MAY_STOP, finished: 5000 });
    server.send("lot", { html: htmlText(renderLotMatter(lotModel({ card, downloads: [] }), "en")) });
    await page.locator('.head[data-state="done"]').waitFor();
    expect(await page.getByRole("link", { name: "Report" }).count()).toBe(0);
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe("Rejected rows");
  });
});
