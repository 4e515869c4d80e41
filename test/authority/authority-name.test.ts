import { expect, test } from "vitest";
import { checkAuthorityName } from "../../src/authority/authority-name.ts";
import { errorOf } from "./authorities.ts";

test.each(["a", "line-3", "0", "x".repeat(63)])("%s can be an authority's name", (name) => {
  expect(checkAuthorityName(name)).toBeUndefined();
});

test.each(["", "-a", "Line", "a_b", "a b", "../a", "a/b", "x".repeat(64), "ä", "con", "nul", ".a"])(
  "%j cannot",
  async (name) => {
    const error = await errorOf(() => checkAuthorityName(name));
    expect([error.code, error.message]).toEqual(["usage", expect.stringContaining("cannot be an authority's name")]);
  },
);
