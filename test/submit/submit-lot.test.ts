import { appendFileSync, rmSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { partFile } from "../../src/disk/layout.ts";
import type { Reply } from "../../src/platform/platform.ts";
import { submitLot } from "../../src/submit/submit-lot.ts";
import { type MemoryLot, makeMemoryLot, type PartScript } from "./memory-ledger.ts";
import { accept, busy, lose, refuse, scriptPlatform, type Upload } from "./scripted-platform.ts";

const lots: MemoryLot[] = [];

function makeLot(...parts: readonly PartScript[]): MemoryLot {
  const lot = makeMemoryLot(parts);
  lots.push(lot);
  return lot;
}

afterEach(() => {
  for (const lot of lots.splice(0)) lot.remove();
});

const names = (count: number, prefix = "d") => Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
const down: Reply<never> = { kind: "unknown", status: 503, message: "HTTP 503" };

describe("submitLot", () => {
  it("sends each part as it is on disk, once, and confirms what the platform calls good", async () => {
    const lot = makeLot({ ids: ["a", "b"] }, { ids: ["c"] });
    const platform = scriptPlatform((upload) => accept(upload));
    const progress: number[] = [];
    const outcome = await submitLot(lot.options(platform, { onProgress: (at) => progress.push(at.confirmed) }));
    expect(outcome).toEqual({ kind: "done", confirmed: 3, rejected: 0, overwritten: [], notes: [] });
    expect(platform.uploads.map(({ fileName, ids }) => [fileName, ids]).sort()).toEqual([
      ["part-0001.csv", ["a", "b"]],
      ["part-0002.csv", ["c"]],
    ]);
    const first = platform.uploads.find(({ fileName }) => fileName === "part-0001.csv");
    expect(first?.bytes.toString()).toContain("ID;AUTH_TYPE;CREDENTIALS;TYPE;NAME\na;CERTIFICATES;;");
    expect(lot.stages()).toEqual({ a: "confirmed", b: "confirmed", c: "confirmed" });
    expect(progress.at(-1)).toBe(3);
    // Before each attempt the run has shown that it is alive and still holds the lot.
    expect(lot.beats()).toBe(2);
  });

  it("does nothing for a lot that is done", async () => {
    const lot = makeLot({ ids: ["a"] });
    const platform = scriptPlatform((upload) => accept(upload));
    await submitLot(lot.options(platform));
    const asked = platform.asked.length;
    expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 0 });
    expect(platform.uploads).toHaveLength(1);
    expect(platform.asked).toHaveLength(asked);
  });

  it("sends only the open rows of a part", async () => {
    const lot = makeLot({ ids: names(4) });
    lot.device("d2").stage = "confirmed";
    lot.device("d4").stage = "rejected";
    const platform = scriptPlatform((upload) => accept(upload));
    await submitLot(lot.options(platform));
    expect(platform.uploads.map(({ ids }) => ids)).toEqual([["d1", "d3"]]);
  });

  it("rejects the rows that the platform names, with its reasons", async () => {
    const lot = makeLot({ ids: ["a", "b"] });
    const platform = scriptPlatform((upload) => accept(upload, [{ externalId: "b", reason: "limit reached" }]));
    expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 1, rejected: 1 });
    expect([...lot.rejects]).toEqual([["b", "limit reached"]]);
    expect(lot.uploads[0]?.outcome).toMatchObject({ kind: "answered", status: 201, confirmed: ["a"] });
  });

  it("records each attempt before it is sent", async () => {
    const lot = makeLot({ ids: ["a"] });
    const platform = scriptPlatform((upload) => {
      expect(lot.uploads).toHaveLength(1);
      expect(lot.device("a").stage).toBe("submitted");
      return accept(upload);
    });
    await submitLot(lot.options(platform));
    expect(platform.uploads).toHaveLength(1);
  });

  it("sends nothing when another run has taken the lot", async () => {
    const lot = makeLot({ ids: ["a"] });
    const platform = scriptPlatform((upload) => accept(upload));
    lot.ledger.lost = true;
    await expect(
      submitLot(lot.options(platform, { submit: { concurrency: 1, collisions: "ledger" } })),
    ).rejects.toThrow("lot-held");
    expect(platform.uploads).toEqual([]);
  });

  describe("with a part that is not as it was cut", () => {
    it.each([
      ["changed", "state-damaged", (path: string) => appendFileSync(path, "x;CERTIFICATES;;t;x\n")],
      ["gone", "disk-unwritable", (path: string) => rmSync(path)],
    ])("sends nothing, not even other parts, when a file is %s", async (_name, code, damage) => {
      const lot = makeLot({ ids: ["a"] }, { ids: ["b"] });
      const platform = scriptPlatform((upload) => accept(upload));
      const path = partFile(lot.layout, 2);
      damage(path);
      const submit = { concurrency: 1, collisions: "ledger" } as const;
      await expect(submitLot(lot.options(platform, { submit }))).rejects.toMatchObject({
        code,
        message: expect.stringContaining(path),
      });
      expect(platform.uploads).toEqual([]);
    });
  });

  describe("collisions", () => {
    it("rejects a device that was there before, and does not send its row", async () => {
      const lot = makeLot({ ids: ["a", "b"] });
      const platform = scriptPlatform((upload) => accept(upload), { present: ["b"] });
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 1, rejected: 1 });
      expect(platform.uploads.map(({ ids }) => ids)).toEqual([["a"]]);
      expect(lot.rejects.get("b")).toMatch(/already has a device with c8y_Serial b/);
    });

    it("keeps a foreign device rejected when it is listed again, without asking again", async () => {
      const lot = makeLot({ ids: ["a"] });
      const platform = scriptPlatform((upload) => accept(upload), { present: ["a"] });
      await submitLot(lot.options(platform));
      lot.device("a").stage = "listed";
      await submitLot(lot.options(platform));
      expect(platform.asked).toEqual(["c8y_Serial a"]);
      expect(platform.uploads).toEqual([]);
      expect(lot.device("a").stage).toBe("rejected");
    });

    it("does not ask for a row that was sent before", async () => {
      const lot = makeLot({ ids: ["a"] });
      lot.device("a").sentBefore = true;
      const platform = scriptPlatform((upload) => accept(upload), { present: ["a"] });
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 1 });
      expect(platform.asked).toEqual([]);
    });

    it("records the answers that it got before the platform fell silent, and sends nothing", async () => {
      const lot = makeLot({ ids: ["a", "b"] });
      const platform = scriptPlatform((upload) => accept(upload), { ask: (id) => (id === "b" ? down : undefined) });
      const outcome = await submitLot(lot.options(platform));
      expect(outcome).toMatchObject({ kind: "unreachable", message: expect.stringContaining("HTTP 503") });
      expect(lot.device("a").presentBefore).toBe(false);
      expect(platform.asked.filter((id) => id.endsWith("b"))).toHaveLength(5);
      expect(platform.uploads).toEqual([]);
    });

    it("asks the ledger alone when told so", async () => {
      const lot = makeLot({ ids: ["a"] });
      const platform = scriptPlatform((upload) => accept(upload, [], ["a"]), { present: ["a"] });
      const outcome = await submitLot(lot.options(platform, { submit: { concurrency: 1, collisions: "ledger" } }));
      expect(platform.asked).toEqual([]);
      expect(outcome).toMatchObject({ kind: "done", confirmed: 1, overwritten: ["a"] });
      expect(outcome.notes[0]).toMatch(/overwrote 1 device.*: a/);
      expect(lot.uploads[0]?.outcome?.overwritten).toEqual(["a"]);
    });

    it("does not call a device overwritten that an earlier attempt may have made", async () => {
      const lot = makeLot({ ids: ["a", "b"] });
      const platform = scriptPlatform((upload, n) => (n === 0 ? lose() : accept(upload, [], upload.ids)));
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 2, overwritten: [] });
    });
  });

  describe("an attempt without a complete answer", () => {
    it("is read back, and only what is missing is sent again", async () => {
      const lot = makeLot({ ids: ["a", "b", "c"] });
      const platform = scriptPlatform((upload, n) => (n === 0 ? lose(["a", "c"]) : accept(upload)));
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 3 });
      expect(platform.uploads.map(({ ids }) => ids)).toEqual([["a", "b", "c"], ["b"]]);
      expect(lot.uploads[0]?.outcome).toMatchObject({ kind: "unknown", confirmed: ["a", "c"] });
      expect(lot.pauses).toHaveLength(1);
    });

    it("does not count a device as there while its user is missing", async () => {
      const lot = makeLot({ ids: ["a"] });
      const platform = scriptPlatform((upload, n) => (n === 0 ? lose(["a"]) : accept(upload)), {
        askUser: () => ({ kind: "answer", value: platform.uploads.length > 1 }),
      });
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 1 });
      expect(platform.uploads).toHaveLength(2);
    });

    it("sends a device again that was registered before, since its being there shows nothing", async () => {
      const lot = makeLot({ ids: ["a"] });
      Object.assign(lot.device("a"), { presentBefore: false, sentBefore: true, confirmedBefore: true });
      const platform = scriptPlatform((upload, n) => (n === 0 ? lose() : accept(upload)), { present: ["a"] });
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 1 });
      expect(platform.uploads).toHaveLength(2);
    });

    it("stays open when it cannot be read back, and the next run asks before it sends", async () => {
      const lot = makeLot({ ids: ["a", "b"] });
      let silent = false;
      const platform = scriptPlatform(
        (upload, n) => {
          silent = n === 0;
          return n === 0 ? lose(["a"]) : accept(upload);
        },
        { ask: () => (silent ? down : undefined) },
      );
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "unreachable", confirmed: 0 });
      expect(platform.uploads).toHaveLength(1);
      expect(lot.stages()).toEqual({ a: "submitted", b: "submitted" });
      silent = false;
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 2 });
      expect(platform.uploads.map(({ ids }) => ids)).toEqual([["a", "b"], ["b"]]);
    });

    it("found open after a kill is unknown: what is there is confirmed, the rest sent", async () => {
      const lot = makeLot({ ids: ["a", "b"] });
      lot.device("a").presentBefore = false;
      lot.device("b").presentBefore = false;
      await lot.ledger.openUpload({ lot: "L1", run: 1, fence: 1 }, { part: 1, externalIds: ["a", "b"] });
      const platform = scriptPlatform((upload) => accept(upload), { present: ["b"] });
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 2, overwritten: [] });
      expect(platform.uploads.map(({ ids }) => ids)).toEqual([["a"]]);
    });

    it("is one whose counts do not add up", async () => {
      const lot = makeLot({ ids: ["a", "b"] });
      const platform = scriptPlatform((upload, n) => {
        const act = accept(upload);
        if (n > 0) return act;
        return { takes: ["a"], reply: { kind: "answer", value: { ...act.reply.value, numberOfAll: 3 } } };
      });
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 2 });
      expect(lot.uploads[0]?.outcome).toMatchObject({ kind: "unknown", status: 201, confirmed: ["a"] });
    });
  });

  describe("bad rows without a name", () => {
    it("are found by reading back, when exactly as many are missing", async () => {
      const lot = makeLot({ ids: ["a", "b", "c"] });
      const platform = scriptPlatform((upload) => ({
        ...accept(upload, [{ reason: "could not create" }]),
        takes: ["a", "c"],
      }));
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 2, rejected: 1 });
      expect([...lot.rejects]).toEqual([["b", "could not create"]]);
      expect(platform.uploads).toHaveLength(1);
    });

    it("that are not explained leave nothing confirmed, and the part is halved", async () => {
      const lot = makeLot({ ids: names(4) });
      const bad = (upload: Upload) => upload.ids.filter((id) => id === "d3").map(() => ({ reason: "no" }));
      const platform = scriptPlatform((upload) => ({
        ...accept(upload, bad(upload)),
        // Twice as many are missing as were rejected.
        takes: upload.ids.filter((id) => id !== "d3" && (id !== "d4" || upload.ids.length < 3)),
      }));
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 3, rejected: 1 });
      expect(lot.uploads[0]?.outcome).toMatchObject({ kind: "answered", confirmed: [], rejected: [] });
      expect(platform.uploads.map(({ ids }) => ids)).toEqual([
        ["d1", "d2", "d3", "d4"],
        ["d1", "d2"],
        ["d3", "d4"],
        ["d3"],
        ["d4"],
      ]);
      expect([...lot.rejects]).toEqual([["d3", "no"]]);
    });

    it("of devices registered before are never told apart by presence", async () => {
      const lot = makeLot({ ids: ["a", "b"] });
      for (const id of ["a", "b"]) {
        Object.assign(lot.device(id), { presentBefore: false, sentBefore: true, confirmedBefore: true });
      }
      const platform = scriptPlatform((upload) => accept(upload, upload.ids.includes("a") ? [{ reason: "no" }] : []));
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 1, rejected: 1 });
      expect(platform.asked).toEqual([]);
      expect([...lot.rejects.keys()]).toEqual(["a"]);
    });
  });

  describe("a part that is refused whole", () => {
    it.each([400, 413, 422])("with %i is halved until the bad row stands alone", async (status) => {
      const lot = makeLot({ ids: names(7) });
      const platform = scriptPlatform((upload) =>
        upload.ids.includes("d6") ? refuse(status, `${upload.ids.length} rows refused`) : accept(upload),
      );
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 6, rejected: 1 });
      expect(platform.uploads.map(({ ids }) => ids.join(" "))).toEqual([
        "d1 d2 d3 d4 d5 d6 d7",
        "d1 d2 d3 d4",
        "d5 d6 d7",
        "d5 d6",
        "d7",
        "d5",
        "d6",
      ]);
      expect([...lot.rejects]).toEqual([["d6", "1 rows refused"]]);
    });

    it("in all its quarters with the same message ends the run, and no device is rejected", async () => {
      const lot = makeLot({ ids: names(4) }, { ids: ["e1"], paths: ["G"] });
      const platform = scriptPlatform(() => refuse(422, "device limit reached"));
      const outcome = await submitLot(lot.options(platform));
      expect(outcome).toMatchObject({ kind: "refused", message: expect.stringContaining("device limit reached") });
      expect(platform.uploads).toHaveLength(7);
      expect(lot.rejects.size).toBe(0);
      expect(lot.stages()["d1"]).toBe("listed");
    });

    it("in quarters with different messages has its rows rejected", async () => {
      const lot = makeLot({ ids: names(4) });
      const platform = scriptPlatform((upload) => refuse(422, `bad ${upload.ids.join()}`));
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", rejected: 4 });
      expect(lot.rejects.get("d3")).toBe("bad d3");
    });
  });

  describe("a platform that is busy or down", () => {
    it("gets the same again after growing pauses, and Retry-After is honoured", async () => {
      const lot = makeLot({ ids: ["a"] });
      const platform = scriptPlatform((upload, n) => (n === 0 ? busy() : n === 1 ? busy(7000) : accept(upload)));
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "done", confirmed: 1 });
      expect(lot.pauses).toEqual([125, 7000]);
      expect(lot.uploads.map(({ outcome }) => outcome?.kind)).toEqual(["busy", "busy", "answered"]);
      expect(platform.asked).toHaveLength(1);
    });

    it("ends the run when nothing gets through, without trying the other parts", async () => {
      const lot = makeLot(...names(6).map((id) => ({ ids: [id] })));
      const platform = scriptPlatform(() => busy());
      const outcome = await submitLot(lot.options(platform, { submit: { concurrency: 1, collisions: "ledger" } }));
      expect(outcome).toMatchObject({ kind: "unreachable", message: expect.stringContaining("run again later") });
      expect(platform.uploads.map(({ ids }) => ids[0])).toEqual(["d1", "d1", "d1", "d1", "d1"]);
      expect(lot.stages()["d1"]).toBe("listed");
    });

    it("does not keep other parts from being sent when only one gets no answer", async () => {
      const others = names(12, "o");
      const lot = makeLot({ ids: ["a"] }, ...others.map((id) => ({ ids: [id] })));
      const platform = scriptPlatform((upload) => (upload.ids.includes("a") ? busy() : accept(upload)));
      expect(await submitLot(lot.options(platform))).toMatchObject({ kind: "unreachable", confirmed: 12 });
      expect(platform.uploads.at(-1)?.ids).toEqual(["o12"]);
      expect(lot.device("a").stage).toBe("listed");
    });
  });

  describe("a platform that says no to us", () => {
    it.each([
      [401, /refuses the login/],
      [403, /ROLE_DEVICE_CONTROL_ADMIN/],
      [404, /refuses to register devices/],
      [302, /refuses to register devices/],
      [0, /is not trusted/],
    ])("with %i ends the run, and nothing more is sent", async (status, message) => {
      const lot = makeLot(...names(4).map((id) => ({ ids: [id] })));
      const platform = scriptPlatform(() => refuse(status, "the certificate is not trusted"));
      const outcome = await submitLot(lot.options(platform, { submit: { concurrency: 1, collisions: "platform" } }));
      expect(outcome).toMatchObject({ kind: "refused", message: expect.stringMatching(message) });
      expect(platform.uploads).toHaveLength(1);
      expect(lot.stages()["d1"]).toBe("listed");
    });

    it("names the roles for reading when it may not read back", async () => {
      const lot = makeLot({ ids: ["a"] });
      const platform = scriptPlatform(() => lose(["a"]), {
        askUser: () => ({ kind: "refused", status: 403, message: "Access denied" }),
      });
      const outcome = await submitLot(lot.options(platform));
      expect(outcome).toMatchObject({
        kind: "refused",
        message: expect.stringContaining("ROLE_USER_MANAGEMENT_READ"),
      });
      expect(lot.device("a").stage).toBe("submitted");
    });
  });

  describe("groups", () => {
    it("sends the first part that names a new path alone, and those after it together", async () => {
      const paths = ["F", "F/L"];
      const lot = makeLot({ ids: ["z1"] }, { ids: ["z2"] }, ...names(3).map((id) => ({ ids: [id], paths })), {
        ids: ["e"],
        paths: ["F", "F/M"],
      });
      const platform = scriptPlatform((upload) => accept(upload));
      await submitLot(lot.options(platform, { submit: { concurrency: 4, collisions: "ledger" } }));
      expect(platform.inFlight).toEqual([
        ["part-0001.csv"],
        ["part-0001.csv", "part-0002.csv"],
        ["part-0003.csv"],
        ["part-0004.csv"],
        ["part-0004.csv", "part-0005.csv"],
        ["part-0006.csv"],
      ]);
    });

    it("knows the paths of parts that were answered in an earlier run", async () => {
      const lot = makeLot(
        { ids: ["a"], paths: ["F"], answered: true },
        { ids: ["b"], paths: ["F"] },
        { ids: ["c"], paths: ["F"] },
      );
      lot.device("a").stage = "confirmed";
      const platform = scriptPlatform((upload) => accept(upload));
      await submitLot(lot.options(platform, { submit: { concurrency: 4, collisions: "ledger" } }));
      expect(platform.inFlight.at(-1)).toEqual(["part-0002.csv", "part-0003.csv"]);
    });

    it("never has more uploads in flight than allowed", async () => {
      const lot = makeLot(...names(7).map((id) => ({ ids: [id] })));
      const platform = scriptPlatform((upload) => accept(upload));
      await submitLot(lot.options(platform, { submit: { concurrency: 3, collisions: "ledger" } }));
      expect(Math.max(...platform.inFlight.map((files) => files.length))).toBe(3);
    });
  });

  describe("when it is asked to stop", () => {
    it("finishes and records the attempt in flight, and sends nothing new", async () => {
      const lot = makeLot({ ids: ["a"] }, { ids: ["b"] });
      const stop = new AbortController();
      const platform = scriptPlatform((upload) => {
        stop.abort();
        return accept(upload);
      });
      const submit = { concurrency: 1, collisions: "ledger" } as const;
      const outcome = await submitLot(lot.options(platform, { submit, signal: stop.signal }));
      expect(outcome).toMatchObject({ kind: "stopped", confirmed: 1 });
      expect(lot.stages()).toEqual({ a: "confirmed", b: "listed" });
    });

    it("is done all the same when nothing was left", async () => {
      const lot = makeLot({ ids: ["a"] });
      const stop = new AbortController();
      const platform = scriptPlatform((upload) => {
        stop.abort();
        return accept(upload);
      });
      expect(await submitLot(lot.options(platform, { signal: stop.signal }))).toMatchObject({ kind: "done" });
    });

    it("does not pause for another try", async () => {
      const lot = makeLot({ ids: ["a"] });
      const stop = new AbortController();
      const platform = scriptPlatform(() => {
        stop.abort();
        return busy(60_000);
      });
      expect(await submitLot(lot.options(platform, { signal: stop.signal }))).toMatchObject({ kind: "stopped" });
      expect(lot.pauses).toEqual([]);
    });
  });
});
