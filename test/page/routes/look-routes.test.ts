import { expect, test } from "vitest";
import { currentLockOwner } from "../../../src/ledger/lock-owner.ts";
import * as world from "../../ledger/ledger-world.ts";
import { BROWSER, makePage, type PageWorld } from "../page-world.ts";

const get = ({ server }: PageWorld, url: string, more = {}) => server.inject({ url, headers: { ...BROWSER, ...more } });
const HOSTILE = `<img src=x onerror=alert(1)>"'&`;

async function endedLot({ ledger }: PageWorld, lot: string, code: number, ids: readonly string[] = []) {
  const lease = await world.plannedLot(ledger, lot, ids);
  await ledger.releaseLot(lease, code);
}

test("the list shows each lot with its state, the newest first, and counts the states", async () => {
  const page = await makePage();
  await endedLot(page, "done-lot", 0);
  page.pass(1000);
  await endedLot(page, "partial-lot", 3);
  page.pass(1000);
  await endedLot(page, "failed-lot", 12);
  page.pass(1000);
  await world.plannedLot(page.ledger, "held-lot", []);
  const { body } = await get(page, "/");
  const shown = [...body.matchAll(/data-lot="([^"]+)" data-state="([^"]+)"/g)].map(
    ([, lot, state]) => `${lot} ${state}`,
  );
  expect(shown).toEqual(["held-lot running", "failed-lot failed", "partial-lot partial", "done-lot done"]);
  const failed = await get(page, "/?state=failed");
  expect([...failed.body.matchAll(/data-lot="([^"]+)"/g)].map(([, lot]) => lot)).toEqual(["failed-lot"]);
  const found = await get(page, "/?q=DONE");
  expect([...found.body.matchAll(/data-lot="([^"]+)"/g)].map(([, lot]) => lot)).toEqual(["done-lot"]);
});

test("a lot whose holder has died without a word is failed, not running", async () => {
  const page = await makePage();
  await page.ledger.recordJob(await page.ledger.acquireLot("dead", { ...currentLockOwner(), pid: 2 ** 22 - 1 }), {
    issuer: "line-3",
    name: "job",
    json: "{}",
  });
  expect((await get(page, "/")).body).toMatch(/data-lot="dead" data-state="failed"/);
});

test("fifty lots to a page, and a page past the last is the last", async () => {
  const page = await makePage();
  for (let number = 0; number < 53; number++) await endedLot(page, `lot-${String(number).padStart(3, "0")}`, 0);
  const lots = async (url: string) => [...(await get(page, url)).body.matchAll(/data-lot="([^"]+)"/g)].length;
  expect([await lots("/"), await lots("/?page=2"), await lots("/?page=99"), await lots("/?page=-1")]).toEqual([
    50, 3, 3, 50,
  ]);
});

test("hostile names, ids and cells are text on every page", async () => {
  const page = await makePage();
  const lease = await world.withLotLease(page.ledger, HOSTILE);
  const rejected = [
    { problem: { line: 2, field: HOSTILE, message: HOSTILE }, externalId: HOSTILE, cells: { [HOSTILE]: HOSTILE } },
  ];
  await page.ledger.absorbManifest(
    lease,
    world.manifest(),
    world.inBatches({ rejected, decisions: world.mintAll([`${HOSTILE}2`], 3) }),
  );
  await page.ledger.releaseLot(lease, 3);
  const urls = [
    "/",
    `/lots/${encodeURIComponent(HOSTILE)}`,
    `/devices?q=${encodeURIComponent(`${HOSTILE}2`)}`,
    `/?q=${encodeURIComponent(HOSTILE)}`,
  ];
  for (const url of urls) {
    const { statusCode, body } = await get(page, url);
    expect([url, statusCode]).toEqual([url, 200]);
    expect(body).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(body).not.toContain("<img");
  }
});

test("a lot's page shows rejects with line, cell and cure, and never a cell of a secret column", async () => {
  const page = await makePage();
  const lease = await world.withLotLease(page.ledger, "L1");
  const cells = { id: "x y", CREDENTIALS: "very-secret-cell" };
  const rejected = [
    { problem: { line: 7, field: "id", message: "holds a space; take it out" }, externalId: "x y", cells },
    { problem: { line: 8, field: "CREDENTIALS", message: "is too short" }, externalId: "z", cells },
  ];
  await page.ledger.absorbManifest(lease, world.manifest(), world.inBatches({ rejected }));
  await page.ledger.releaseLot(lease, 3);
  const { body } = await get(page, "/lots/L1");
  for (const shown of ["7", "x y", "olds a space", "ake it out", "s too short"]) expect(body).toContain(shown);
  expect(body).not.toContain("very-secret-cell");
});

test("a device is found by its id and by a serial number, and what is not known is said", async () => {
  const page = await makePage();
  await world.mintLot(page.ledger, await world.plannedLot(page.ledger, "L1", ["SN-1"]));
  const [device] = await world.collect(page.ledger.devices("L1"));
  for (const q of ["SN-1", device?.serialNumber ?? ""]) {
    const { body } = await get(page, `/devices?q=${q}`);
    expect(body).toContain("SN-1");
    expect(body).toContain(device?.serialNumber);
  }
  expect((await get(page, "/devices?q=nobody")).statusCode).toBe(200);
  expect((await get(page, "/devices")).statusCode).toBe(200);
});

test("a lot that is not known is not found, whatever its name", async () => {
  const page = await makePage();
  for (const lot of ["L9", "%2e%2e%2fstate", "%00", "a".repeat(900)]) {
    expect((await get(page, `/lots/${lot}`)).statusCode, lot).toBe(404);
  }
});

test("the page speaks the browser's language", async () => {
  const page = await makePage();
  expect((await get(page, "/", { "accept-language": "de-DE,de;q=0.9" })).body).toContain('<html lang="de">');
  expect((await get(page, "/", { "accept-language": "fr" })).body).toContain('<html lang="en">');
});
