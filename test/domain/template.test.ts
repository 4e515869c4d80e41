import { expect, test } from "vitest";
import { parseTemplate } from "../../src/domain/template.ts";

test("text and columns take turns, names are trimmed", () => {
  expect(parseTemplate("Factory/{ lot }-{id}!")).toEqual([
    { kind: "text", text: "Factory/" },
    { kind: "column", name: "lot" },
    { kind: "text", text: "-" },
    { kind: "column", name: "id" },
    { kind: "text", text: "!" },
  ]);
  expect(parseTemplate("")).toEqual([]);
});

test.each(["{a", "a}", "{{a}}", "{}", "a{ }"])("%s is refused", (template) => {
  expect(parseTemplate(template)).toHaveProperty("problem");
});
