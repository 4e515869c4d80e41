import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pageUploads } from "../../../src/disk/layout.ts";
import { OnboardingError } from "../../../src/domain/error.ts";
import type { Forecast } from "../../../src/page/page-tools.ts";
import { FORM_TYPE, formWith } from "../multipart-body.ts";
import { BROWSER, makePage, type PageWorld, POSTS } from "../page-world.ts";

const upload = ({ server }: PageWorld, name = "L1.csv", content = "id\nA\n", field?: string) =>
  server.inject({
    method: "POST",
    url: "/manifests",
    headers: { ...POSTS, "content-type": FORM_TYPE },
    payload: formWith(name, content, field),
  });
const post = ({ server }: PageWorld, url: string) => server.inject({ method: "POST", url, headers: POSTS });
const filesOf = ({ home }: PageWorld) => (existsSync(pageUploads(home)) ? readdirSync(pageUploads(home)) : []);

/** A page whose forecast writes down what it was asked and says this. */
async function makeForecasting(said: Partial<Forecast> = {}) {
  const asked: { name: string; content: string }[] = [];
  const page = await makePage(
    {},
    {
      forecast: async ({ path, name }) => {
        asked.push({ name, content: readFileSync(path, "utf8") });
        const nothing = { lot: "L1", job: "job", issuer: "line", rows: 1, toMint: 1, known: 0, rejected: 0 };
        return { ...nothing, reasons: {}, rejects: [], problem: null, notes: [], ...said };
      },
    },
  );
  return { page, asked };
}

test("a manifest is shown as the plan sees it, kept privately, and nothing is started", async () => {
  const { page, asked } = await makeForecasting({ toMint: 4711 });
  const answer = await upload(page, "L1.csv", "id\nA\nB\n");
  expect([answer.statusCode, asked]).toEqual([303, [{ name: "L1.csv", content: "id\nA\nB\n" }]]);
  const shown = await page.server.inject({ url: String(answer.headers.location), headers: BROWSER });
  expect(shown.body).toContain("L1.csv");
  expect((await page.server.inject({ url: "/", headers: BROWSER })).body).toContain("L1.csv");
  expect(page.watch.asked).toEqual([]);
  expect(filesOf(page)).toHaveLength(1);
});

test("it is started once; a second press finds nothing, and the file is handed to the watcher", async () => {
  const { page } = await makeForecasting();
  const location = String((await upload(page)).headers.location);
  const [first, second] = await Promise.all([post(page, `${location}/start`), post(page, `${location}/start`)]);
  expect([first.statusCode, second.statusCode].sort()).toEqual([303, 404]);
  expect(page.watch.asked.map(([act, about]) => [act, about])).toEqual([["drop", "L1.csv"]]);
  expect((await page.server.inject({ url: location, headers: BROWSER })).statusCode).toBe(404);
  expect(filesOf(page)).toEqual([]);
});

test("a new manifest takes the place of the one before, whose file goes", async () => {
  const { page } = await makeForecasting();
  const old = String((await upload(page, "L1.csv")).headers.location);
  const fresh = String((await upload(page, "L2.csv")).headers.location);
  expect((await post(page, `${old}/start`)).statusCode).toBe(404);
  expect(filesOf(page)).toEqual([fresh.split("/").at(-1)]);
  expect((await post(page, `${fresh}/discard`)).statusCode).toBe(303);
  expect(filesOf(page)).toEqual([]);
  expect(page.watch.asked).toEqual([]);
});

test("one that cannot be started is shown with its reason, and is not started", async () => {
  const { page } = await makeForecasting({ problem: "no job takes it" });
  const location = String((await upload(page)).headers.location);
  expect((await page.server.inject({ url: location, headers: BROWSER })).body).toMatch(/no job takes it/i);
  expect((await post(page, `${location}/start`)).statusCode).toBe(409);
  expect(page.watch.asked).toEqual([]);
});

test("where the watcher cannot take it, the manifest is still there to be started again", async () => {
  const { page } = await makeForecasting();
  const location = String((await upload(page)).headers.location);
  page.watch.fault = new OnboardingError("input is gone", { code: "disk-unwritable" });
  const failed = await post(page, `${location}/start`);
  expect([failed.statusCode, failed.body.includes("nput is gone")]).toEqual([507, true]);
  expect((await post(page, `${location}/start`)).statusCode).toBe(303);
  expect(page.watch.asked).toHaveLength(1);
});

test.each([["L1.exe"], [".hidden.csv"], ["L1"], [""], ["x.csv.result.txt"]])(
  "a file called %j is refused and not kept",
  async (name) => {
    const { page, asked } = await makeForecasting();
    expect((await upload(page, name)).statusCode).toBe(400);
    expect([asked, filesOf(page)]).toEqual([[], []]);
  },
);

test.each([
  ["../../state/ledger.csv", "ledger.csv"],
  ["C:\\temp\\L1.csv", "L1.csv"],
  ["<b>&.csv", "<b>&.csv"],
])("the name %j names no path, and is text on the page", async (name, shown) => {
  const { page, asked } = await makeForecasting();
  const answer = await upload(page, name);
  expect(asked.map((one) => one.name)).toEqual([shown]);
  const { body } = await page.server.inject({ url: String(answer.headers.location), headers: BROWSER });
  expect(body).not.toContain("<b>&");
});

test("a form without the file, or with another field, is refused", async () => {
  const { page } = await makeForecasting();
  expect((await upload(page, "L1.csv", "id\n", "other")).statusCode).toBe(400);
  const { server } = page;
  const plain = { ...POSTS, "content-type": "text/plain" };
  expect(
    (await server.inject({ method: "POST", url: "/manifests", headers: plain, payload: "id" })).statusCode,
  ).toBeGreaterThanOrEqual(400);
  expect(filesOf(page)).toEqual([]);
});

test("what a killed process left is removed at the start, before anything is handed in", async () => {
  const first = await makePage();
  const folder = pageUploads(first.home);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "left"), "id\n");
  const { keepPreviews } = await import("../../../src/page/upload/previews.ts");
  expect(keepPreviews(first.tools).current()).toBeNull();
  expect(existsSync(folder)).toBe(false);
});

test("a defect in the forecast keeps no file", async () => {
  const page = await makePage({}, { forecast: () => Promise.reject(new Error("a defect")) });
  const answer = await upload(page);
  expect([answer.statusCode, answer.body.includes("a defect</")]).toEqual([500, false]);
  expect(filesOf(page)).toEqual([]);
});
