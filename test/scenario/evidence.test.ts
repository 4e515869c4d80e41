import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Receipt } from "../../src/domain/receipt.ts";
import { hasOpenssl } from "../fixtures/other-readers.ts";
import { makeRows, makeWorld, type World, writeLot } from "./harness.ts";

const TEXT = readFileSync(fileURLToPath(new URL("../../docs/evidence.md", import.meta.url)), "utf8");
/** The blocks that the reader is told to run. */
const BLOCKS = Array.from(TEXT.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, block = ""]) => block);

describe.skipIf(!hasOpenssl)("docs/evidence.md (with openssl; skipped where it is not installed)", () => {
  let world: World;
  let receipt: Receipt;
  let told: readonly { readonly status: number | null; readonly output: string }[];

  beforeAll(async () => {
    world = await makeWorld();
    world.writeSite(undefined);
    for (const lot of ["L1", "L2"]) {
      writeLot(world.home, lot, makeRows(lot, 3), { submit: { rowsPerUpload: 2 } });
      expect(await world.run(["run", lot])).toMatchObject({ code: 0 });
    }
    receipt = JSON.parse(readFileSync(join(world.home, "output/L1/receipt.json"), "utf8")) as Receipt;
    told = BLOCKS.map((block) => {
      const { status, stdout, stderr } = spawnSync("bash", ["-euo", "pipefail", "-c", block], {
        cwd: world.home,
        encoding: "utf8",
      });
      return { status, output: stdout + stderr };
    });
  }, 120_000);
  afterAll(() => world.close());

  const outputOf = (part: string) => told[BLOCKS.findIndex((block) => block.includes(part))]?.output;

  test("each of its commands runs as it stands", () => {
    expect(BLOCKS.length).toBe(6);
    expect(told.map(({ status, output }) => (status === 0 ? "" : output))).toEqual(BLOCKS.map(() => ""));
  });

  test("they show the signature and its time", () => {
    expect(outputOf("-purpose any -out")).toContain("CMS Verification successful");
    expect(outputOf("-no_check_time")).toContain("CMS Verification successful");
    expect(outputOf("-cmsout")).toMatch(/serialNumber: 0x[0-9A-F]+[\s\S]*UTCTIME:.*GMT/);
  });

  test("they compute the digests that stand in the receipt", () => {
    expect(outputOf("devices.csv")).toContain(receipt.devices.sha256);
    const first = createHash("sha256")
      .update(readFileSync(join(world.home, "state/receipts/000001-L1.json")))
      .digest("hex");
    expect(outputOf("previous")?.split(first)).toHaveLength(3);
    const rest = outputOf("part-*.csv") ?? "";
    expect(receipt.parts).toHaveLength(2);
    for (const { sha256 } of [...receipt.parts, receipt.job, receipt.issuer]) expect(rest).toContain(sha256);
  });
});
