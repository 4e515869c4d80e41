import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { askYesNo } from "../../src/cli/ask-yes-no.ts";

function ask(typed: string): Promise<boolean> {
  const input = new PassThrough();
  input.end(typed);
  return askYesNo("Shall devices trust them?", input, new PassThrough());
}

test.each(["y\n", "Y\n", " yes \n", "YES\n"])("%j is a yes", async (typed) => {
  expect(await ask(typed)).toBe(true);
});

test.each(["\n", "n\n", "yes please\n", "j\n", ""])("%j is a no", async (typed) => {
  expect(await ask(typed)).toBe(false);
});
