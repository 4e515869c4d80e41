import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ensureFolder } from "../../src/disk/durable.ts";
import { homeLayout, type LotLayout, lotLayout, partFile } from "../../src/disk/layout.ts";
import type { NewPart, UnlistedDevice } from "../../src/ledger/registration.ts";
import { type CutParts, cutParts } from "../../src/registration/cut-parts.ts";

let root: string;
let layout: LotLayout;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-parts-"));
  layout = lotLayout(homeLayout(root), "L1");
  ensureFolder(layout.folder);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function unlisted(externalId: string, path?: string): UnlistedDevice {
  const registration = { type: "t", name: externalId, agent: true, properties: {}, externalIds: {} };
  return { externalId, registration: path === undefined ? registration : { ...registration, path } };
}

interface Committed extends NewPart {
  readonly ids: readonly string[];
}

function cutting(devices: UnlistedDevice[], rowsPerUpload: number, committed: Committed[] = []) {
  const queue = [...devices];
  const ledger: CutParts["ledger"] & { taken: boolean } = {
    taken: false,
    heartbeat: async () => {
      if (ledger.taken) throw new Error("lot-held");
    },
    parts: async () => committed.map((part) => ({ ...part, rows: part.ids.length, open: 0, answered: false })),
    unlistedDevices: async (_lot, limit) => queue.slice(0, limit),
    commitPart: async (_hold, part, ids) => {
      // The file has to be whole on disk before it counts.
      expect(
        createHash("sha256")
          .update(readFileSync(partFile(layout, part.number)))
          .digest("hex"),
      ).toBe(part.sha256);
      committed.push({ ...part, ids });
      queue.splice(0, ids.length);
    },
  };
  return {
    ledger,
    committed,
    run: () => cutParts({ ledger, lease: { lot: "L1", run: 1, fence: 1 }, layout, rowsPerUpload }),
  };
}

describe("cutParts", () => {
  it("puts every device into a part, in order, and commits the file that is on disk", async () => {
    const { run, committed } = cutting(
      ["a", "b", "c", "d", "e"].map((id) => unlisted(id)),
      2,
    );
    expect(await run()).toEqual({ parts: 3, rows: 5 });
    expect(committed.map(({ number, ids }) => [number, ids])).toEqual([
      [1, ["a", "b"]],
      [2, ["c", "d"]],
      [3, ["e"]],
    ]);
    expect(readdirSync(layout.registration).sort()).toEqual(["part-0001.csv", "part-0002.csv", "part-0003.csv"]);
    expect(readFileSync(partFile(layout, 3), "utf8").split("\n")[1]).toMatch(/^e;CERTIFICATES;;/);
    expect(statSync(partFile(layout, 1)).mode & 0o444).toBe(0o444);
  });

  it("makes nothing when there is nothing to list", async () => {
    expect(await cutting([], 2).run()).toEqual({ parts: 0, rows: 0 });
    expect(readdirSync(layout.folder)).toEqual([]);
  });

  it("opens the next part for later rows and leaves committed ones as they are", async () => {
    const { committed } = cutting([unlisted("a")], 500);
    await cutting([unlisted("a")], 500, committed).run();
    const before = readFileSync(partFile(layout, 1));
    await cutting([unlisted("b")], 500, committed).run();
    expect(readFileSync(partFile(layout, 1))).toEqual(before);
    expect(committed.map(({ number, ids }) => [number, ids])).toEqual([
      [1, ["a"]],
      [2, ["b"]],
    ]);
  });

  it("replaces a file that a killed run left without committing it", async () => {
    ensureFolder(layout.registration);
    writeFileSync(partFile(layout, 1), "left over");
    const { run, committed } = cutting([unlisted("a")], 500);
    await run();
    expect(readFileSync(partFile(layout, 1), "utf8")).toContain("\na;");
    expect(committed).toHaveLength(1);
  });

  it("commits every group of the part with those above it", async () => {
    const { run, committed } = cutting(
      [unlisted("a", "F/L1"), unlisted("b", "F/L2"), unlisted("c"), unlisted("d", "F/L1")],
      9,
    );
    await run();
    expect(committed[0]?.paths).toEqual(["F", "F/L1", "F/L2"]);
  });

  it("touches no file once another run has taken the lot", async () => {
    ensureFolder(layout.registration);
    writeFileSync(partFile(layout, 1), "the other run's");
    const { run, ledger } = cutting([unlisted("a")], 500);
    ledger.taken = true;
    await expect(run()).rejects.toThrow("lot-held");
    expect(readFileSync(partFile(layout, 1), "utf8")).toBe("the other run's");
  });
});
