import { expect, test } from "vitest";
import { resolveJob } from "../../src/config/resolve-job.ts";
import { readHeader } from "../../src/manifest/read-header.ts";
import { makeRowRules } from "../../src/manifest/row-to-device.ts";
import { rowsToDevices } from "../../src/manifest/rows-to-devices.ts";

const site = { profiles: {}, maxChain: 10, lotsAtOnce: 1, settleMs: 5000 };
const { job } = resolveJob("j", { issuer: "a" }, site, { defaults: {}, nowMs: 0 });
const rules = makeRowRules({ job, lot: "L", header: readHeader(["id", "name"], 1, {}, "m.csv"), inputFolder: "/" });

async function check(...batches: readonly (readonly (readonly [string, string])[])[]) {
  let line = 1;
  async function* rows() {
    for (const batch of batches) {
      yield batch.map(([id, name]) => ({ line: ++line, cells: { id, name }, problems: [] }));
    }
  }
  const devices: string[] = [];
  const rejected: string[] = [];
  for await (const checked of rowsToDevices(rows(), rules)) {
    devices.push(...checked.devices.map(({ externalId }) => externalId));
    rejected.push(
      ...checked.rejected.map(
        ({ externalId, problem }) => `${problem.line} ${externalId} [${problem.field}] ${problem.message}`,
      ),
    );
  }
  return { devices, rejected };
}

test("an id that came before is rejected, also in another batch and with another case; the first is kept", async () => {
  expect(
    await check(
      [
        ["abc", ""],
        ["x", ""],
        ["ABC", ""],
      ],
      [
        ["abc", ""],
        ["É", ""],
        ["e\u0301", ""],
      ],
    ),
  ).toEqual({
    devices: ["abc", "x", "É"],
    rejected: [
      "4 ABC [id] the id stands on line 2 already (case does not count)",
      "5 abc [id] the id stands on line 2 already (case does not count)",
      "7 e\u0301 [id] the id stands on line 6 already (case does not count)",
    ],
  });
});

test("rows without an id are no duplicates of each other", async () => {
  expect(
    (
      await check([
        ["", ""],
        ["", ""],
      ])
    ).rejected,
  ).toEqual(["2  [id] the id is empty", "3  [id] the id is empty"]);
});

test("a row's problems become one reason that names the columns", async () => {
  expect((await check([["a b", "x;y"]])).rejected).toEqual([
    "2 a b [] id: the id holds whitespace; name: the value holds a semicolon, which the platform's CSV cannot carry",
  ]);
});
