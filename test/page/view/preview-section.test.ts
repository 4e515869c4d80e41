import { expect, test } from "vitest";
import { previewSection } from "../../../src/page/view/preview-section.ts";
import { htmlText } from "../../../src/report/html.ts";
import { previewModel } from "../../fixtures/page-models.ts";

test("a preview says what would happen and that nothing has happened, and has one button to start it", () => {
  const section = htmlText(previewSection(previewModel({ id: "p/1" }), true, "de"));
  expect(section).toContain("Vorschau von L2026-48.csv");
  expect(section).toContain("Noch ist nichts begonnen.");
  expect(section).toContain("<dt>Zu erzeugen</dt><dd>4\u00a0988</dd>");
  expect(section.match(/>Starten<\/button>/g)).toHaveLength(1);
  expect(section).toContain('action="/manifests/p%2F1/start"');
  expect(section).toContain("und 10 weitere");
});

test("a list that cannot be started says why and can be discarded only", () => {
  const section = htmlText(previewSection(previewModel({ problem: "no header row" }), true, "en"));
  expect(section).toContain("This list cannot be started");
  expect(section).toContain("No header row");
  expect(section).not.toContain("/start");
  expect(section).toContain("/discard");
});

test("who may look only gets no button", () => {
  expect(htmlText(previewSection(previewModel(), false, "en"))).not.toContain("<button");
});
