import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { findPkcs11Package } from "../../../src/authority/hsm/pkcs11.ts";
import { OnboardingError } from "../../../src/domain/error.ts";

test("without the package pkcs11js one line says how to add it", () => {
  // A folder without packages.
  const require = createRequire("/proc/nowhere.js");
  let thrown: unknown;
  try {
    findPkcs11Package(require);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(OnboardingError);
  expect(thrown).toMatchObject({ code: "usage" });
  expect(String(thrown)).toMatch(/needs? the package pkcs11js.*npm install .*pkcs11js@2\.1\.7/);
  expect(String(thrown)).not.toContain("\n");
});
