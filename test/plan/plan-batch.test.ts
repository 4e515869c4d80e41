import { expect, test } from "vitest";
import type { Device } from "../../src/domain/device.ts";
import type { KnownDevice } from "../../src/domain/plan.ts";
import { STAGES, type Stage } from "../../src/domain/stage.ts";
import { registrationDigest, subjectDigest } from "../../src/plan/digests.ts";
import { planBatch } from "../../src/plan/plan-batch.ts";

function device(externalId: string, change: { readonly name?: string; readonly org?: string } = {}): Device {
  return {
    externalId,
    line: 2,
    cells: { "Device ID": externalId },
    subject: [
      { attribute: "O", value: change.org ?? "Acme" },
      { attribute: "CN", value: externalId },
    ],
    registration: { type: "t", name: change.name ?? externalId, agent: true, properties: {}, externalIds: {} },
  };
}

function known(externalId: string, stage: Stage, change: Partial<KnownDevice> = {}): KnownDevice {
  const { subject, registration } = device(externalId);
  return {
    externalId,
    lot: "L",
    stage,
    minted: !["planned", "reserved"].includes(stage),
    subjectDigest: subjectDigest(subject),
    registrationDigest: registrationDigest(registration),
    ...change,
  };
}

function plan(
  devices: readonly Device[],
  knownDevices: readonly KnownDevice[] = [],
  options: { readonly quantityLeft?: number; readonly corrected?: boolean } = {},
) {
  const planned = planBatch({
    lot: "L",
    devices,
    rejected: [],
    known: knownDevices,
    quantity: 9,
    corrected: false,
    ...options,
  });
  return {
    decisions: planned.decisions.map((decision) => decision.kind),
    rejected: planned.rejected.map(({ problem }) => problem.message),
    taken: planned.taken,
    planned,
  };
}

test("a new device is minted, with the digests of what it is minted from", () => {
  const { planned } = plan([device("A")]);
  const { subjectDigest: subject, registrationDigest: registration } = known("A", "planned");
  expect(planned.decisions).toEqual([
    { kind: "mint", device: device("A"), subjectDigest: subject, registrationDigest: registration },
  ]);
});

test.each(STAGES.filter((stage) => stage !== "revoked"))(
  "a device of the lot that has not changed keeps what it has, also when it is %s",
  (stage) => {
    expect(plan([device("A")], [known("A", stage)])).toMatchObject({ decisions: ["keep"], rejected: [], taken: 0 });
  },
);

test("an id that another lot holds is rejected, in its column", () => {
  const { planned } = plan([device("A")], [known("A", "confirmed", { lot: "other" })]);
  expect(planned).toMatchObject({
    decisions: [],
    rejected: [{ externalId: "A", problem: { line: 2, field: "Device ID", message: 'the id is held by lot "other"' } }],
  });
});

test("an id that differs only in case from one of the lot is rejected", () => {
  expect(plan([device("abc")], [known("ABC", "minted")]).rejected).toEqual([
    'the id differs only in upper and lower case from "ABC", which the lot holds',
  ]);
});

test("a revoked device is rejected, and the way out is named", () => {
  expect(plan([device("A")], [known("A", "revoked")]).rejected).toEqual([
    "the device's certificate was revoked; lotmint remint A makes it a new one",
  ]);
});

test("changed cells are registered again, a changed subject needs remint, and both bring both", () => {
  const minted = [known("A", "confirmed")];
  expect(plan([device("A", { name: "new" })], minted).decisions).toEqual(["register"]);
  expect(plan([device("A", { org: "New" })], minted).decisions).toEqual(["needs-remint"]);
  expect(plan([device("A", { name: "new", org: "New" })], minted).decisions).toEqual(["needs-remint", "register"]);
});

test("a device that is not minted yet just takes the new values, and takes no second place", () => {
  expect(plan([device("A", { org: "New" })], [known("A", "planned")], { quantityLeft: 0 })).toMatchObject({
    decisions: ["mint"],
    taken: 0,
  });
});

test("a rejected device is tried again when its row comes back corrected: registered if it was minted, else minted", () => {
  const rejected = known("A", "rejected");
  expect(plan([device("A")], [rejected], { corrected: true }).decisions).toEqual(["register"]);
  expect(plan([device("A")], [{ ...rejected, minted: false }], { corrected: true })).toMatchObject({
    decisions: ["mint"],
    taken: 1,
  });
  expect(plan([device("A", { name: "new" })], [rejected]).decisions).toEqual(["register"]);
});

test("rows over the lot's quantity are rejected, those that the lot knows are not", () => {
  const { decisions, rejected, taken } = plan(
    [device("A"), device("B"), device("C"), device("D")],
    [known("C", "minted")],
    { quantityLeft: 1 },
  );
  expect({ decisions, rejected, taken }).toEqual({
    decisions: ["mint", "keep"],
    rejected: ["the row is over the lot's quantity of 9", "the row is over the lot's quantity of 9"],
    taken: 1,
  });
});
