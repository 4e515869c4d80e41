import { describe, expect, it } from "vitest";
import type { CollisionAnswer } from "../../src/ledger/submission.ts";
import type { Reply } from "../../src/platform/platform.ts";
import { askPresence } from "../../src/submit/ask-collisions.ts";

const LEASE = { lot: "L1", run: 1, fence: 1 };

function devices(count: number) {
  return Array.from({ length: count }, (_, index) => ({ externalId: `d${index}`, idType: "c8y_Serial" }));
}

function makeAsking(reply: (externalId: string) => Reply<boolean>, record = async () => undefined as unknown) {
  const sets: (readonly CollisionAnswer[])[] = [];
  const asked: string[] = [];
  const end = new AbortController();
  return {
    sets,
    asked,
    end,
    asking: {
      lease: LEASE,
      halted: end.signal,
      ledger: {
        recordCollisions: async (_lease: unknown, set: readonly CollisionAnswer[]) => {
          await record();
          sets.push(set);
          return set.filter(({ reason }) => reason !== undefined).map(({ externalId }) => externalId);
        },
      },
      platform: {
        hasExternalId: async (_type: string, externalId: string) => {
          asked.push(externalId);
          await new Promise((resolve) => setImmediate(resolve));
          return reply(externalId);
        },
      },
    },
  };
}

describe("askPresence", () => {
  it("asks for each device once and records the answers in sets", async () => {
    const { asking, sets, asked } = makeAsking(() => ({ kind: "answer", value: false }));
    expect(await askPresence(asking, devices(600))).toEqual({ rejected: 0 });
    expect(new Set(asked).size).toBe(600);
    expect(asked).toHaveLength(600);
    expect(sets.map((set) => set.length).sort()).toEqual([100, 250, 250]);
  });

  it("hands in the reason for which a device that is there is rejected", async () => {
    const { asking, sets } = makeAsking((id) => ({ kind: "answer", value: id === "d1" }));
    expect(await askPresence(asking, devices(3))).toEqual({ rejected: 1 });
    const reason = expect.stringContaining("already has a device with c8y_Serial d1 that this lot did not register");
    expect(sets.flat().toSorted((a, b) => a.externalId.localeCompare(b.externalId))).toEqual([
      { externalId: "d0", present: false },
      { externalId: "d1", present: true, reason },
      { externalId: "d2", present: false },
    ]);
  });

  it("records what was answered before the platform refused, and asks nothing more", async () => {
    const refused: Reply<boolean> = { kind: "refused", status: 403, message: "no" };
    const { asking, sets, asked } = makeAsking((id) => (id === "d100" ? refused : { kind: "answer", value: false }));
    expect(await askPresence(asking, devices(1000))).toEqual({ rejected: 0, silent: refused });
    expect(asked.length).toBeLessThan(300);
    expect(sets.flat().length).toBe(asked.length - 1);
  });

  it("ends at the signal with the answers recorded", async () => {
    const { asking, sets, asked, end } = makeAsking((id) => {
      if (id === "d100") end.abort();
      return { kind: "answer", value: false };
    });
    expect(await askPresence(asking, devices(1000))).toMatchObject({ silent: { kind: "unknown" } });
    expect(asked.length).toBeLessThan(300);
    expect(sets.flat().length).toBe(asked.length);
  });

  it("throws the ledger's error once nothing is under way, and asks nothing more", async () => {
    const lost = new Error("lot-held");
    const { asking, asked } = makeAsking(
      () => ({ kind: "answer", value: false }),
      () => Promise.reject(lost),
    );
    await expect(askPresence(asking, devices(5000))).rejects.toBe(lost);
    expect(asked.length).toBeLessThan(1000);
  });
});
