import { execFileSync } from "node:child_process";
import { execPath } from "node:process";
import { expect, test } from "vitest";

const SOURCE = new URL("../../src/cli/limit-young-generation.ts", import.meta.url).href;

/** MB of the young generation of a process that makes much short-lived, and begins with 16. */
function youngMb(limit: boolean): number {
  const script = `
    import { getHeapSpaceStatistics } from "node:v8";
    import { limitYoungGeneration } from ${JSON.stringify(SOURCE)};
    if (${limit}) limitYoungGeneration();
    let kept = [];
    const make = (count) => {
      for (let made = 0; made < count; made++) {
        kept.push({ made, more: [made] });
        if (kept.length > 40000) kept = [];
      }
    };
    make(300000);
    // What watches the collections hears of them between turns of the event loop.
    for (let turn = 0; turn < 50; turn++) await new Promise((done) => setImmediate(done));
    make(4000000);
    console.log(getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size / 2 ** 20);
  `;
  const args = ["--min-semi-space-size=8", "--input-type=module", "-e", script];
  return Number(execFileSync(execPath, args, { encoding: "utf8" }));
}

test("the young generation of a running process stops growing when it is told to", () => {
  expect(youngMb(false)).toBeGreaterThan(40);
  expect(youngMb(true)).toBeLessThan(40);
});
