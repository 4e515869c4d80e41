import { expect, test } from "vitest";
import { renderDevice } from "../../../src/page/view/render-device.ts";
import { htmlText } from "../../../src/report/html.ts";
import { deviceModel } from "../../fixtures/page-models.ts";

test("a device's page shows its lot, its certificates and its history", () => {
  const page = htmlText(renderDevice(deviceModel(), "de"));
  expect(page).toContain('<a href="/lots/L2026-47">L2026-47</a>');
  expect(page).toContain("von der Plattform bestätigt");
  expect(page).toContain("00a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3");
  expect(page).toMatch(/<tr><td>gültig<\/td>/);
  expect(page).toContain('<span lang="en">device confirmed</span>');
  expect(page).toContain('name="q" type="search" value="ACM-1"');
});

test("an unknown device is told as unknown, and a look-up that failed as failed", () => {
  const unknown = htmlText(renderDevice(deviceModel({ query: "X", devices: [] }), "en"));
  expect(unknown).toContain("No device “X” is known.");
  const failed = htmlText(renderDevice(deviceModel({ devices: [], problem: "that is no id" }), "en"));
  expect(failed).toContain("That is no id");
  expect(failed).not.toContain("is known");
});
