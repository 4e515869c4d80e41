import { expect, test } from "vitest";
import { nearestWord, suggestName } from "../../src/domain/nearest-word.ts";

test("a slip of the fingers is near, also two letters the wrong way round; another word is not", () => {
  const commands = ["run", "status", "revoke", "report"];
  expect(nearestWord("rnu", commands)).toBe("run");
  expect(nearestWord("STAUTS", commands)).toBe("status");
  expect(nearestWord("revok", commands)).toBe("revoke");
  expect(nearestWord("xyzzy", commands)).toBeUndefined();
});

test("an unknown name is answered with the one that was meant, else with the newest, else that there is none", () => {
  const lots = Array.from({ length: 30 }, (_, index) => `LOT-${"ABCDEFGHIJ".charAt(index % 10)}${index}`);
  expect(suggestName("lot-a0", lots)).toBe("did you mean LOT-A0?");
  expect(suggestName("zzzzzzzz", lots)).toMatch(/^there are LOT-J29, LOT-I28, .*LOT-A20 and 20 more$/);
  expect(suggestName("x", ["line-1"])).toBe("there is line-1");
  expect(suggestName("x", [])).toBe("there is none yet");
});
