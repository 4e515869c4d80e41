import { expect, test } from "vitest";
import { bodyOf, messageOf, mountSandbox } from "./mount-sandbox.ts";

const OPTION = "/tenant/options/configuration/crl.offline.check.enabled";

test("an option is not there until it is set, and then it is what it was set to", () => {
  const { ask } = mountSandbox();
  expect([ask("GET", OPTION).status, messageOf(ask("GET", OPTION))]).toEqual([
    404,
    expect.stringContaining("crl.offline.check.enabled"),
  ]);
  const option = { category: "configuration", key: "crl.offline.check.enabled", value: "true" };
  const set = ask("PUT", OPTION, { body: { value: "true" } });
  expect([set.status, bodyOf(set)]).toEqual([200, option]);
  const read = ask("GET", OPTION);
  expect([read.status, bodyOf(read)]).toEqual([200, option]);
  expect(ask("GET", "/tenant/options/other/crl.offline.check.enabled").status).toBe(404);
});

test("its value is text and nothing else", () => {
  const { ask, state } = mountSandbox();
  expect(ask("PUT", OPTION, { body: { value: true } }).status).toBe(422);
  expect(ask("PUT", OPTION, { body: { value: "true", key: "x" } }).status).toBe(422);
  expect(state.options.size).toBe(0);
});
