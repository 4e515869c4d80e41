import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { adHocJob } from "../../src/config/ad-hoc-job.ts";
import { readSite } from "../../src/config/read-site.ts";
import { homeLayout } from "../../src/disk/layout.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-adhoc-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function site(yaml = "") {
  writeFileSync(join(root, "lotmint.yaml"), yaml);
  return readSite(homeLayout(root));
}

test("a manifest and an issuer make a job, on top of the site's defaults", () => {
  expect(adHocJob("/in/L1.csv", "line-3", site("defaults: { issuer: other, key: ec-p384 }"))).toMatchObject({
    name: "L1",
    manifest: "/in/L1.csv",
    lot: "{file}",
    issuer: "line-3",
    key: "ec-p384",
  });
  expect(adHocJob("/in/L1.csv", undefined, site("defaults: { issuer: other }")).issuer).toBe("other");
});

test("no issuer, a wrong one, and faulty defaults are refused", () => {
  expect(() => adHocJob("/in/L1.csv", undefined, site())).toThrow("no issuer given: pass --issuer NAME");
  expect(() => adHocJob("/in/L1.csv", "../x", site())).toThrow(
    '--issuer: expected the name of an authority, got "../x"',
  );
  expect(() => adHocJob("/in/L1.csv", "a", site("defaults:\n  profile: nope"))).toThrow(
    "lotmint.yaml:2: defaults.profile: there is no profile",
  );
});
