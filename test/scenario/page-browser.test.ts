import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { axeFindings, complaintsOf, dropFile, mayBrowse, openBrowser, overflow } from "../fixtures/browser.ts";
import { badRows, makeRows, makeWorld, manifestText, type Started, type World, writeJob } from "./harness.ts";
import { proveLot } from "./prove-lot.ts";

const BULK = { method: "POST", path: "/devicecontrol/bulkNewDeviceRequests" };

describe.skipIf(!mayBrowse)("the watcher's page in a browser (needs /usr/bin/chromium)", () => {
  let world: World;
  let watcher: Started;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    world = await makeWorld();
    const site = JSON.parse(readFileSync(join(world.home, "lotmint.yaml"), "utf8")) as object;
    writeFileSync(join(world.home, "lotmint.yaml"), JSON.stringify({ ...site, settle: "100ms" }));
    writeJob(world.home, "all", { manifest: "../input/*.csv", submit: { rowsPerUpload: 5, concurrency: 1 } });
    watcher = world.start(["--json", "watch", "--page", "127.0.0.1:0"]);
    url = await new Promise<string>((resolve, reject) => {
      watcher.child.stdout?.on("data", (text: string) => {
        const [, page] = /"page":"([^"]+)"/.exec(text) ?? [];
        if (page !== undefined) resolve(page);
      });
      void watcher.ended.then(({ stderr }) => reject(new Error(stderr)));
    });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    watcher?.child.kill("SIGTERM");
    await watcher?.ended;
    await world?.close();
  });

  async function visit(options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
    const context = await browser.newContext({ locale: "en-GB", ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(120_000);
    const complaints = complaintsOf(page);
    onTestFinished(() => expect(complaints).toEqual([]));
    await page.goto(url);
    return page;
  }

  const lotIn = (page: Page, lot: string, state: string) =>
    page.locator(`[data-lot="${lot}"][data-state="${state}"]`).waitFor();

  test("a dropped list is shown, started with the keyboard, and comes out green and whole", async () => {
    const page = await visit({ locale: "de-DE", colorScheme: "dark", viewport: { width: 768, height: 1000 } });
    const rows = makeRows("PA", 12);
    await dropFile(page, "pa.csv", manifestText(rows));
    const start = page.getByRole("button", { name: "Starten" });
    await start.waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await start.focus();
    await page.keyboard.press("Enter");
    await start.waitFor({ state: "detached" });
    await lotIn(page, "pa", "done");
    expect(await page.locator('[data-lot="pa"] .state').textContent()).toBe("Fertig");
    const ids = rows.map(({ id }) => id);
    expect(proveLot({ home: world.home, lot: "pa", ids, exitCode: 0, platform: world.sandbox.state })).toEqual([]);
  });

  test("bad rows make it amber, and its page names row, reason and the file to correct", async () => {
    const page = await visit({ viewport: { width: 1920, height: 1080 } });
    const rows = makeRows("PB", 6);
    await page.getByLabel("Manifest").setInputFiles({
      name: "pb.csv",
      mimeType: "text/csv",
      buffer: Buffer.from(manifestText([...rows, ...badRows(rows)])),
    });
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await lotIn(page, "pb", "partial");
    await page.getByRole("link", { name: "pb", exact: true }).click();
    const table = page.getByRole("region", { name: "Rejected rows" });
    await table.getByText("not/an/id").first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
    expect(await overflow(page)).toBeLessThanOrEqual(0);
    const downloading = page.waitForEvent("download");
    await page.getByRole("link", { name: "Rejected rows" }).click();
    expect(readFileSync(await (await downloading).path(), "utf8")).toContain("not/an/id");
  });

  test("a lot that the platform refuses is red and says why", async () => {
    setFaults(world.sandbox.state.faults, [{ kind: "status", status: 403, match: BULK }]);
    onTestFinished(() => setFaults(world.sandbox.state.faults, []));
    const page = await visit();
    await dropFile(page, "pc.csv", manifestText(makeRows("PC", 3)));
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await lotIn(page, "pc", "failed");
    expect(await page.locator('[data-lot="pc"] .problem').textContent()).not.toBe("");
  });

  test("a lot is stopped and resumed, and what the platform rejected is sent again", async () => {
    setFaults(world.sandbox.state.faults, [
      { kind: "delay", delayMs: 1500, match: BULK, times: 3 },
      { kind: "reject-rows", ids: ["PD-00002"], reason: "no licence", match: BULK },
    ]);
    onTestFinished(() => setFaults(world.sandbox.state.faults, []));
    const page = await visit();
    await dropFile(page, "pd.csv", manifestText(makeRows("PD", 40)));
    await page.getByRole("button", { name: "Start", exact: true }).click();
    const lot = page.locator('[data-lot="pd"]');
    await lot.getByRole("button", { name: "Stop" }).click();
    await lotIn(page, "pd", "stopped");
    await lot.getByRole("button", { name: "Resume" }).click();
    await lotIn(page, "pd", "partial");
    setFaults(world.sandbox.state.faults, []);
    await lot.getByRole("button", { name: "Send again" }).click();
    await lotIn(page, "pd", "done");
  });
});
