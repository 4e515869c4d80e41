import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { runAlone, runSideBySide, type Steps } from "../../src/verify/steps.ts";

function hashed(text: string, times: number): string {
  let digest = hash("sha256", text, "buffer");
  for (let round = 0; round < times; round++) digest = hash("sha256", digest, "buffer");
  return digest.toString("hex");
}

/** Hashes once for each number. */
function* chain(text: string, ...times: readonly number[]): Steps<string[]> {
  const results: string[] = [];
  for (const each of times) {
    const octets = yield { digest: "sha256", octets: hash("sha256", text, "buffer"), times: each };
    results.push(octets.toString("hex"));
  }
  return results;
}

test("each gets its own digests back, however many they wait for and of how many rounds", () => {
  const asked = [[3], [], [5, 3], [3, 3, 3], [5], [7, 1]];
  const results = runSideBySide(asked.map((times, index) => chain(`text ${index}`, ...times)));
  expect(results).toEqual(asked.map((times, index) => times.map((each) => hashed(`text ${index}`, each))));
  expect(runAlone(chain("one", 2))).toEqual([hashed("one", 2)]);
  expect(runSideBySide([])).toEqual([]);
});

test("what one throws is thrown, and the others clear what they hold", () => {
  const cleared: string[] = [];
  function* holding(name: string, fails: boolean): Steps<void> {
    try {
      yield* chain(name, 1);
      if (fails) throw new Error("a defect");
      yield* chain(name, 1);
    } finally {
      cleared.push(name);
    }
  }
  expect(() => runSideBySide([holding("a", false), holding("b", true), holding("c", false)])).toThrow("a defect");
  expect(cleared.toSorted()).toEqual(["a", "b", "c"]);
});
