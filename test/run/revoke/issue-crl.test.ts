import { hash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { authorityLayout } from "../../../src/disk/layout.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { issueCrl } from "../../../src/run/revoke/issue-crl.ts";
import { makeIssuer, NOW_MS, temporaryHome } from "../../authority/authorities.ts";

test("of two lists that are written at once the one with the higher number stays", async () => {
  using home = temporaryHome();
  const issuer = await makeIssuer(home, "root", {});
  const digests = new Map<number, string>();
  let numbers = 0;
  let lists = 0;
  const slow = Promise.withResolvers<void>();
  const ledger: Pick<Ledger, "reserveCrl" | "revokedSerials" | "recordCrl"> = {
    reserveCrl: async () => ++numbers,
    revokedSerials: async function* () {
      // The first one comes to its end only once the second has had the time to overtake it.
      lists++;
      if (lists === 1) await slow.promise;
      yield [];
    },
    recordCrl: async ({ number, sha256 }) => {
      digests.set(number, sha256);
    },
  };
  const tools = { home, ledger: ledger as Ledger, now: () => NOW_MS };
  const first = issueCrl(tools, issuer);
  const second = issueCrl(tools, issuer);
  await Promise.race([second, pause(300)]);
  slow.resolve();
  expect([(await first).number, (await second).number]).toEqual([1, 2]);
  expect(hash("sha256", readFileSync(authorityLayout(home, "root").crlDer))).toBe(digests.get(2));
});
