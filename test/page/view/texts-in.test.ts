import { expect, test } from "vitest";
import { textsIn } from "../../../src/page/view/texts-in.ts";

/** Every text with its place; functions with what they make of "1" and "2". */
function allTexts(value: unknown, place = ""): readonly (readonly [place: string, text: string])[] {
  if (typeof value === "string") return [[place, value]];
  if (typeof value === "function") return [[place, String((value as (...given: string[]) => unknown)("1", "2"))]];
  return Object.entries(value as object).flatMap(([key, inner]) => allTexts(inner, `${place}.${key}`));
}

const GERMAN = new Map(allTexts(textsIn("de")));
const ENGLISH = new Map(allTexts(textsIn("en")));

/** What is the same word in both languages. */
const SAME = new Set([".id", ".takt", ".fingerprint", ".token"]);

test("both languages say the same things, none of them empty", () => {
  expect([...GERMAN.keys()].sort()).toEqual([...ENGLISH.keys()].sort());
  expect(GERMAN.size).toBeGreaterThan(120);
  for (const texts of [GERMAN, ENGLISH]) {
    expect([...texts].filter(([, text]) => text.trim() === "" || text.includes("undefined"))).toEqual([]);
  }
});

test("no text of the German page is left in English", () => {
  const same = [...GERMAN].filter(([place, text]) => ENGLISH.get(place) === text && !SAME.has(place));
  expect(same).toEqual([]);
});

test("a text with figures holds them in both languages", () => {
  for (const texts of [GERMAN, ENGLISH]) {
    expect(texts.get(".ofTotal")).toMatch(/1.*2/);
    expect(texts.get(".pageOf")).toMatch(/1.*2/);
    expect(texts.get(".previewOf")).toContain("1");
  }
});

test("the names that buttons and the file input go by are the ones that are documented", () => {
  const named = ({ manifest, start, stop, resume, sendAgain }: ReturnType<typeof textsIn>) => [
    manifest,
    start,
    stop,
    resume,
    sendAgain,
  ];
  expect(named(textsIn("en"))).toEqual(["Manifest", "Start", "Stop", "Resume", "Send again"]);
  expect(named(textsIn("de"))).toEqual(["Geräteliste", "Starten", "Stoppen", "Fortsetzen", "Erneut senden"]);
});
