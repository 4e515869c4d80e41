import { expect, test } from "vitest";
import { deviceOfClientId } from "../../../src/sandbox/devices/mqtt-client-id.ts";

test.each([
  ["ACME-1", "ACME-1"],
  ["d:ACME-1", "ACME-1"],
  ["d:ACME-1:templates", "ACME-1"],
  ["d:ACME-1:", "ACME-1"],
])("%s is a device", (clientId, device) => {
  expect(deviceOfClientId(clientId)).toBe(device);
});

test.each(["", "d:", ":ACME-1", "x:ACME-1", "d:a:b:c", "a b", "a/b", "a#", "a\u0000"])(
  "%j is no client id",
  (clientId) => {
    expect(deviceOfClientId(clientId)).toBeUndefined();
  },
);
