import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { homeLayout, lotLayout } from "../../src/disk/layout.ts";
import type { Job, Truststore } from "../../src/domain/job.ts";
import { checkTruststore } from "../../src/run/check/check-truststore.ts";
import type { RunTools } from "../../src/run/lot/run-tools.ts";
import { startWalk } from "../../src/run/lot/walk.ts";
import { placeTruststore } from "../../src/run/place-truststore.ts";
import type { Difference } from "../../src/verify/difference.ts";
import { makeCa, type TestCa } from "../sandbox/make-ca.ts";

let root: string;
let ca: TestCa;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-truststore-"));
  ca = makeCa();
  writeFileSync(join(root, "ca.pem"), ca.pem);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const ALL = ["pkcs12", "jks", "pem"] as const;
const NAMES = ["truststore.jks", "truststore.p12", "truststore.pem"];

function jobWith(truststore: Partial<Truststore>): Job {
  const whole = { formats: ALL, certificates: [join(root, "ca.pem")], per: "lot" as const, ...truststore };
  return { keystores: { pem: { key: "none" } }, truststore: whole } as unknown as Job;
}

/** Places the truststore of a lot at this point, and tells what the walk had to say. */
async function place(
  counts: { readonly planned: number; readonly issued: number },
  truststore: Partial<Truststore> = {},
) {
  const home = homeLayout(root);
  const walk = startWalk(Date.now);
  const ledger = {
    countByStage: async () => ({ planned: counts.planned }),
    countLotCertificates: async () => ({ issued: counts.issued, revoked: 0, abandoned: 0 }),
  };
  const tools = { home, ledger, now: Date.now } as unknown as RunTools;
  const lease = { lot: "L1", run: 1, fence: 1 };
  await placeTruststore(tools, { lease, job: jobWith(truststore), layout: lotLayout(home, "L1"), walk });
  return walk;
}

function folder(): string {
  return join(root, "output", "L1");
}

function read(): Record<string, Buffer> {
  return Object.fromEntries(NAMES.map((name) => [name, readFileSync(join(folder(), name))]));
}

function differences(truststore: Partial<Truststore> = {}): readonly Difference[] {
  const told: Difference[] = [];
  const layout = lotLayout(homeLayout(root), "L1");
  checkTruststore({ job: jobWith(truststore), layout, tell: (...found) => told.push(...found) });
  return told;
}

test("a lot's truststore is written in every format before the first device is minted, for everybody to read", async () => {
  expect((await place({ planned: 3, issued: 0 })).changed).toBe(true);
  expect(readdirSync(folder()).sort()).toEqual(NAMES);
  for (const name of NAMES) expect(statSync(join(folder(), name)).mode & 0o400).toBe(0o400);
  expect(read()["truststore.pem"]?.toString()).toBe(ca.pem);
  expect(differences()).toEqual([]);
});

test("it is written once: a later run that mints leaves it as it is", async () => {
  await place({ planned: 3, issued: 0 });
  const before = read();
  const walk = await place({ planned: 2, issued: 3 });
  expect(read()).toEqual(before);
  expect([walk.changed, walk.notes]).toEqual([false, []]);
});

test("what has changed is written anew and told; what is missing is written again", async () => {
  await place({ planned: 3, issued: 0 });
  const other = makeCa({ commonName: "Other" });
  writeFileSync(join(root, "ca.pem"), other.pem);
  // Nothing to mint: what the devices have is not changed behind their back.
  await place({ planned: 0, issued: 3 });
  expect(read()["truststore.pem"]?.toString()).toBe(ca.pem);
  expect((await place({ planned: 1, issued: 3 })).notes).toContainEqual(expect.stringContaining("was written anew"));
  expect(read()["truststore.pem"]?.toString()).toBe(other.pem);
  rmSync(join(folder(), "truststore.jks"));
  expect(differences()).toMatchObject([{ what: expect.stringContaining("truststore.jks is missing") }]);
  await place({ planned: 0, issued: 3 });
  expect(differences()).toEqual([]);
});

test("nothing is written for a lot without devices, for one whose devices have their own, or with a bad file", async () => {
  await place({ planned: 0, issued: 0 });
  await place({ planned: 3, issued: 0 }, { per: "device" });
  const bad = { certificates: [join(root, "none.pem")] };
  await expect(place({ planned: 3, issued: 0 }, bad)).rejects.toMatchObject({ code: "usage" });
  expect(() => readdirSync(folder())).toThrow();
});

test("a check tells a truststore that does not open, one with something else in it, and an empty one", async () => {
  await place({ planned: 3, issued: 0 });
  writeFileSync(join(folder(), "truststore.p12"), read()["truststore.p12"]?.subarray(0, 300) ?? "");
  expect(differences()).toMatchObject([{ what: expect.stringContaining("truststore.p12 does not open") }]);
  rmSync(join(folder(), "truststore.p12"));
  await place({ planned: 0, issued: 3 });
  writeFileSync(join(folder(), "truststore.pem"), makeCa().pem);
  expect(differences()).toMatchObject([{ what: expect.stringContaining("hold different certificates") }]);
  writeFileSync(join(folder(), "truststore.pem"), "");
  expect(differences({ formats: ["pem"] })).toMatchObject([{ what: expect.stringContaining("holds no certificate") }]);
  rmSync(join(folder(), "truststore.pem"));
  mkdirSync(join(folder(), "truststore.pem"));
  expect(differences({ formats: ["pem"] })).toMatchObject([{ what: expect.stringContaining("does not open") }]);
});
