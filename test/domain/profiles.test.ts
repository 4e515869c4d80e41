import { expect, test } from "vitest";
import { BUILT_IN_PROFILES } from "../../src/domain/profiles.ts";

test("each built-in profile carries the name under which it is found", () => {
  for (const [name, profile] of Object.entries(BUILT_IN_PROFILES)) expect(profile.name).toBe(name);
});

test("a device may log in as a TLS client, for ten years unless asked otherwise", () => {
  expect(BUILT_IN_PROFILES.device.extendedKeyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  expect(BUILT_IN_PROFILES.device.validity).toEqual({ kind: "days", days: 3650, asked: false });
});

test("an initial device identity names its serial number, never expires, and has no purpose", () => {
  expect(BUILT_IN_PROFILES.idevid.requiredSubject).toEqual(["serialNumber"]);
  expect(BUILT_IN_PROFILES.idevid.extendedKeyUsage).toEqual([]);
  expect(BUILT_IN_PROFILES.idevid.validity).toEqual({ kind: "never", asked: false });
});
