import { expect, test } from "vitest";
import { issuanceChanges, jobFromJson, jobIfReadable, jobToJson } from "../../src/config/job-json.ts";
import { resolveJob } from "../../src/config/resolve-job.ts";

const site = { profiles: {}, maxChain: 10, lotsAtOnce: 1, settleMs: 5000 };
const make = (input: Parameters<typeof resolveJob>[1]) =>
  resolveJob("j", { issuer: "a", ...input }, site, { defaults: {}, nowMs: 0 }).job;

test("a job comes back from its copy as it was", () => {
  const job = make({ subject: { O: "Acme" }, takt: "12s", schedule: "1 2 3 4 5" });
  expect(jobFromJson(jobToJson(job))).toEqual(job);
});

test("equal jobs give equal text, in whatever order their keys came", () => {
  const job = make({});
  expect(jobToJson(Object.fromEntries(Object.entries(job).reverse()) as unknown as typeof job)).toBe(jobToJson(job));
});

test("a copy of another version is refused, a damaged one is the state's damage", () => {
  expect(() => jobFromJson('{"version":2,"job":{}}')).toThrow(
    expect.objectContaining({ code: "usage", message: expect.stringContaining("version 2") }),
  );
  for (const text of ["", "[]", "null", "{", '{"version":1}', '{"version":1,"job":{"name":"x"}}']) {
    expect(() => jobFromJson(text)).toThrow(expect.objectContaining({ code: "state-damaged" }));
  }
});

test("the settings that decide what is issued are named when they differ, others are not", () => {
  const before = make({ subject: { O: "Acme" } });
  expect(
    issuanceChanges(
      before,
      make({ subject: { O: "Acme" }, quantity: 5, submit: { concurrency: 2 }, registration: { type: "x" } }),
    ),
  ).toEqual([]);
  expect(
    issuanceChanges(
      before,
      make({
        issuer: "b",
        profile: "idevid",
        key: "rsa-2048",
        validity: "1y",
        outliveIssuer: "permit",
        subject: { O: "Other" },
        keystores: {},
        truststore: {},
        passwords: "per-lot",
        secrets: { folder: "/x" },
      }),
    ),
  ).toEqual([
    "issuer",
    "profile",
    "key",
    "validity",
    "outliveIssuer",
    "subject",
    "keystores",
    "truststore",
    "passwords",
    "secrets",
  ]);
});

test("who only looks gets nothing of a copy that cannot be read, and the job of one that can", () => {
  const job = make({ takt: "12s" });
  expect(jobIfReadable(jobToJson(job))).toEqual(job);
  expect([jobIfReadable("no JSON"), jobIfReadable('{"version":99}')]).toEqual([undefined, undefined]);
});
