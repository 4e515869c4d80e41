import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test, vi } from "vitest";
import { limitYoungGeneration } from "../../src/cli/limit-young-generation.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

test("growing is ended once, at the first collection that finds a young generation of 12 MB or more", async () => {
  let size = 11 * 2 ** 20;
  let looks = 0;
  const setFlag = vi.fn();
  const spaces = () => {
    looks += 1;
    return [{ space_name: "new_space", space_size: size }];
  };
  const heap = { spaces, setFlag };
  limitYoungGeneration(heap);
  limitYoungGeneration(heap);
  collect();
  await vi.waitUntil(() => looks > 0, { timeout: 60_000 });
  expect(setFlag).not.toHaveBeenCalled();
  size = 12 * 2 ** 20;
  collect();
  await vi.waitUntil(() => setFlag.mock.calls.length > 0, { timeout: 60_000 });
  expect(setFlag.mock.calls).toEqual([["--semi-space-growth-factor=1"]]);
});
