import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { setFaults } from "../../src/sandbox/faults/faults.ts";
import { externalKey } from "../../src/sandbox/sandbox-state.ts";
import { makeRows, makeWorld, type World, writeLot } from "./harness.ts";

const IDENTITY = "/identity/externalIds/*";

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});
afterAll(() => world.close());
afterEach(() => {
  setFaults(world.sandbox.state.faults, []);
  world.sandbox.state.requests.length = 0;
});

function reportOf(lot: string) {
  return JSON.parse(readFileSync(join(world.home, "output", lot, "report.json"), "utf8")) as {
    readonly counts: Readonly<Record<string, number>>;
    readonly stages: Readonly<Record<string, number>>;
  };
}

function questions(): readonly string[] {
  return world.sandbox.state.requests.flatMap(({ path }) => (path.startsWith("/identity/") ? path : []));
}

test("each device is asked for once beside minting, and one that is there is rejected wherever minting was", async () => {
  const rows = makeRows("COL", 30);
  writeLot(world.home, "col", rows, {});
  for (const { id } of rows.slice(20, 22))
    world.sandbox.state.externalIds.set(externalKey("c8y_Serial", id), "foreign");
  const { code } = await world.run(["run", "col"]);
  expect(code).toBe(3);
  const report = reportOf("col");
  expect(report.counts).toMatchObject({ confirmed: 28, rejected: 2 });
  // The asking has a step of its own, which ends before the submission.
  expect(report.stages).toHaveProperty("collisions");
  expect(questions()).toHaveLength(30);
  expect(new Set(questions()).size).toBe(30);
  expect(await world.run(["run", "col"])).toMatchObject({ code: 3 });
  expect(questions()).toHaveLength(30);
});

test("a user who may not read identities is told so with all devices minted, and the lot goes on once he may", async () => {
  writeLot(world.home, "col2", makeRows("COLB", 12), {});
  setFaults(world.sandbox.state.faults, [{ kind: "status", status: 403, match: { path: IDENTITY } }]);
  const refused = await world.run(["run", "col2"]);
  expect(refused.code).toBe(12);
  expect(refused.stderr).toContain("ROLE_IDENTITY_READ");
  expect(reportOf("col2").counts).toMatchObject({ listed: 12 });
  setFaults(world.sandbox.state.faults, []);
  expect(await world.run(["run", "col2"])).toMatchObject({ code: 0 });
  expect(reportOf("col2").counts).toMatchObject({ confirmed: 12 });
});
