import { expect, test } from "vitest";
import { chooseLocale } from "../../../src/page/view/locale.ts";

test.each([
  ["de-DE,de;q=0.9,en;q=0.8", "de"],
  ["en-GB,en;q=0.9,de;q=0.8", "en"],
  ["fr,de;q=0.5,en;q=0.4", "de"],
  ["en;q=0.4, DE-AT;q=0.5", "de"],
  ["de;q=0,en;q=0.1", "en"],
  ["de;q=5", "en"],
  ["*,de;q=0.5", "en"],
  ["den", "en"],
  ["fr", "en"],
  ["", "en"],
  [";;;,,q=", "en"],
  [undefined, "en"],
])("the language for %s is %s", (header, locale) => {
  expect(chooseLocale(header)).toBe(locale);
});
