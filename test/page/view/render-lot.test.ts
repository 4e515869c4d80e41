import { expect, test } from "vitest";
import { renderLot, renderLotMatter } from "../../../src/page/view/render-lot.ts";
import { htmlText } from "../../../src/report/html.ts";
import { lotCard, lotModel } from "../../fixtures/page-models.ts";

test("a lot's page shows its state, stages, rejects with row, cell and cure, and its files", () => {
  const page = htmlText(renderLot(lotModel(), "en"));
  expect(page).toContain('data-lot="L2026-47-running" data-state="running"');
  expect(page).toMatch(/aria-label="How far the devices are: 1\u00a0880 still to be made, /);
  expect(page).toContain(
    '<td class="number">17</td><td class="cell">ACM/17</td><td>id</td><td class="cell">ACM/17</td>',
  );
  expect(page).toContain('<p class="cure">Correct the id</p>');
  expect(page).toContain("<td>whole row</td>");
  expect(page).toContain("and 10 more");
  expect([...page.matchAll(/href="(\/lots\/[^"]*)"/g)].map(([, to]) => to)).toEqual([
    "/lots/L2026-47-running/files/rejects.csv",
    "/lots/L2026-47-running/files/report.html",
    "/lots/L2026-47-running/files/receipt",
    "/lots/L2026-47-running/files/receipt.p7s",
  ]);
  expect(page).toContain('data-stream="/events?lot=L2026-47-running"');
});

test("the rate is drawn over the run against what the line needs, and told in words", () => {
  const page = htmlText(renderLot(lotModel(), "de"));
  expect(page).toMatch(
    /aria-label="Tempo gegen den Takt: Zuletzt: 39,8 Geräte je Sekunde, .*Die Linie braucht: 2 Geräte je Sekunde"/,
  );
  expect(page).toContain('class="level" d="M0 15');
  expect(page).toContain("500\u00a0ms je Gerät");
});

test("a lot without devices, rates, rejects and takt says so instead of drawing nothing", () => {
  const counts = Object.fromEntries(Object.keys(lotModel().counts).map((stage) => [stage, 0]));
  const empty = lotModel({
    card: lotCard("L1", { state: "waiting", taktSeconds: null }),
    counts: counts as ReturnType<typeof lotModel>["counts"],
    rejects: [],
    rejectsTotal: 0,
    rejectsByReason: {},
    rates: [],
    downloads: [],
    notes: [],
  });
  const page = htmlText(renderLot(empty, "en"));
  expect(page).toContain("No device yet.");
  expect(page).toContain("No rate has been measured since the page was started.");
  expect(page).not.toMatch(/id="(?:rejects|files|notes)"|NaN|Infinity|null/);
});

test("what the stream sends is the changing part of the page as it is", () => {
  const model = lotModel();
  expect(htmlText(renderLot(model, "en"))).toContain(htmlText(renderLotMatter(model, "en")));
});
