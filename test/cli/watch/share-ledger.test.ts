import { expect, test } from "vitest";
import { shareLedger } from "../../../src/cli/watch/share-ledger.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";

function counted() {
  const tally = { opened: 0, closed: 0 };
  const ledgers = shareLedger(async () => {
    tally.opened += 1;
    return {
      close: async () => {
        tally.closed += 1;
      },
    } as Ledger;
  });
  return { tally, ledgers };
}

test("users at the same time share one ledger, which is closed after the last", async () => {
  const { tally, ledgers } = counted();
  let release = () => {};
  const first = ledgers.use(
    () =>
      new Promise<void>((resolve) => {
        release = resolve;
      }),
  );
  await ledgers.use(async () => undefined);
  expect(tally).toEqual({ opened: 1, closed: 0 });
  release();
  await first;
  expect(tally).toEqual({ opened: 1, closed: 1 });
  await ledgers.use(async () => undefined);
  expect(tally).toEqual({ opened: 2, closed: 2 });
});

test("a user that fails closes it too, and one that cannot be opened is tried anew the next time", async () => {
  const { tally, ledgers } = counted();
  await expect(ledgers.use(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(tally).toEqual({ opened: 1, closed: 1 });
  let fails = true;
  const later = shareLedger(async () => {
    if (fails) throw new Error("no ledger");
    return { close: async () => undefined } as Ledger;
  });
  await expect(later.use(async () => 1)).rejects.toThrow("no ledger");
  fails = false;
  expect(await later.use(async () => 1)).toBe(1);
});
