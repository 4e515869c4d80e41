import { createHash } from "node:crypto";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lotLayout } from "../../../src/disk/layout.ts";
import { plannedLot } from "../../ledger/ledger-world.ts";
import { BROWSER, makePage, type PageWorld } from "../page-world.ts";

const get = ({ server }: PageWorld, url: string) => server.inject({ url, headers: BROWSER });

async function pageWithLot(lot = "L1") {
  const page = await makePage();
  await plannedLot(page.ledger, lot, ["a"]);
  const layout = lotLayout(page.home, lot);
  mkdirSync(layout.secrets, { recursive: true });
  writeFileSync(layout.passwords, "id,password\na,very-secret\n");
  writeFileSync(layout.reportJson, "{}");
  return { page, layout };
}

test("rejects.csv and the receipt are taken along under the lot's name, as they are", async () => {
  const { page, layout } = await pageWithLot("Los 1 „ä“");
  const url = `/lots/${encodeURIComponent("Los 1 „ä“")}/files`;
  expect((await get(page, `${url}/rejects.csv`)).statusCode).toBe(404);
  writeFileSync(layout.rejects, "id\r\n=cmd()\r\n");
  writeFileSync(join(layout.folder, "receipt.json"), '{"version":1}');
  const rejects = await get(page, `${url}/rejects.csv`);
  expect([rejects.body, rejects.headers["content-type"], rejects.headers["content-length"]]).toEqual([
    "id\r\n=cmd()\r\n",
    "text/csv",
    "12",
  ]);
  expect(rejects.headers["content-disposition"]).toBe(
    `attachment; filename="Los_1____-rejects.csv"; filename*=UTF-8''Los%201%20%E2%80%9E%C3%A4%E2%80%9C-rejects.csv`,
  );
  expect((await get(page, `${url}/receipt`)).json()).toEqual({ version: 1 });
  writeFileSync(join(layout.folder, "receipt.p7s"), "0\0");
  const signature = await get(page, `${url}/receipt.p7s`);
  expect([signature.body, signature.headers["content-type"]]).toEqual(["0\0", "application/pkcs7-signature"]);
});

test("an empty file is an empty answer", async () => {
  const { page, layout } = await pageWithLot();
  writeFileSync(layout.rejects, "");
  const { statusCode, body } = await get(page, "/lots/L1/files/rejects.csv");
  expect([statusCode, body]).toEqual([200, ""]);
});

test("a report is shown with its own style alone: no script of it would run", async () => {
  const { page, layout } = await pageWithLot();
  const style = "body { color: red }";
  writeFileSync(layout.reportHtml, `<!doctype html><style>${style}</style><script>alert(1)</script>`);
  const { headers, body } = await get(page, "/lots/L1/files/report.html");
  const digest = createHash("sha256").update(style).digest("base64");
  expect(headers["content-security-policy"]).toBe(
    `default-src 'none'; style-src 'sha256-${digest}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox allow-same-origin allow-downloads`,
  );
  expect(body).toContain("alert(1)");
});

test.each([
  "/lots/L1/files/passwords.csv",
  "/lots/L1/files/report.json",
  "/lots/L1/files/..%2fsecrets%2fpasswords.csv",
  "/lots/L1/files/secrets%2fpasswords.csv",
  "/lots/L1/files/..",
  "/lots/L1/files/rejects.csv%00",
  "/lots/L1/files/rejects.csv/",
  "/lots/L1/files/REJECTS.CSV",
  "/lots/..%2fL1/files/rejects.csv",
  "/lots/L1%2f/files/rejects.csv",
  "/lots/.%2fL1/files/rejects.csv",
  "/lots/..%5cL1/files/rejects.csv",
  "/lots/l1/files/rejects.csv",
  "/lots/%ff/files/rejects.csv",
  "/assets/../src/main.ts",
  "/assets/..%2f..%2fmain.ts",
  "/assets/page.css%00",
])("%s leads to no file", async (url) => {
  const { page, layout } = await pageWithLot();
  writeFileSync(layout.rejects, "id\n");
  const answer = await get(page, url);
  expect(answer.statusCode).toBeGreaterThanOrEqual(400);
  expect(answer.statusCode).toBeLessThan(500);
  expect(answer.body).not.toContain("very-secret");
});

test("a link, a folder or a pipe in a file's place is not followed, not read and not waited for", async () => {
  const { page, layout } = await pageWithLot();
  symlinkSync(layout.passwords, layout.rejects);
  expect((await get(page, "/lots/L1/files/rejects.csv")).statusCode).toBe(404);
  rmSync(layout.rejects);
  mkdirSync(layout.rejects);
  expect((await get(page, "/lots/L1/files/rejects.csv")).statusCode).toBe(404);
});
