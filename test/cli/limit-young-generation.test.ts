import { execFileSync } from "node:child_process";
import { execPath } from "node:process";
import { expect, test } from "vitest";

const SOURCE = new URL("../../src/cli/limit-young-generation.ts", import.meta.url).href;

/** MB of the young generation of a process that makes much short-lived, in turns of the event loop. */
function youngMb(limit: boolean): number {
  const script = `
    import { getHeapSpaceStatistics } from "node:v8";
    import { limitYoungGeneration } from ${JSON.stringify(SOURCE)};
    if (${limit}) limitYoungGeneration();
    let kept = [];
    let most = 0;
    for (let turn = 0; turn < 40; turn++) {
      for (let made = 0; made < 100000; made++) {
        if (kept.length === 40000) kept = [];
        kept.push({ made, more: [made] });
      }
      const young = getHeapSpaceStatistics().find((space) => space.space_name === "new_space");
      if (turn > 5) most = Math.max(most, young.space_size);
      await new Promise((done) => setImmediate(done));
    }
    console.log(most / 2 ** 20);
  `;
  return Number(execFileSync(execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }));
}

test("the young generation of a running process stops growing once it has 16 MB", () => {
  expect(youngMb(false)).toBeGreaterThan(28);
  expect(youngMb(true)).toBeLessThanOrEqual(20);
});
