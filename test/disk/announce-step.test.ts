import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { expect, test } from "vitest";
import { announceStep } from "../../src/disk/announce-step.ts";

test("a step is told to who listens before the call returns, and to nobody else", () => {
  const heard: unknown[] = [];
  const listen = (step: unknown) => {
    heard.push(step);
  };
  announceStep("reserved");
  subscribe("lotmint:step", listen);
  announceStep("minted");
  expect(heard).toEqual(["minted"]);
  unsubscribe("lotmint:step", listen);
  announceStep("part-listed");
  expect(heard).toEqual(["minted"]);
});
