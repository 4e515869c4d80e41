import { describe, expect, it } from "vitest";
import { retryAfterMs } from "../../src/platform/retry-after.ts";

const NOW = Date.UTC(2026, 0, 5, 12);

describe("retryAfterMs", () => {
  it.each([
    ["0", 0],
    ["12", 12_000],
    [" 3 ", 3000],
    ["86400", 300_000],
    ["Mon, 05 Jan 2026 12:00:30 GMT", 30_000],
    ["Monday, 05-Jan-26 12:01:00 GMT", 60_000],
    ["Mon, 05 Jan 2026 11:00:00 GMT", 0],
    ["Tue, 06 Jan 2026 12:00:00 GMT", 300_000],
  ])("reads %j", (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms);
  });

  it.each([undefined, "", "soon", "-5", "1.5", "1e3", "Mon, nonsense"])("makes nothing of %j", (header) => {
    expect(retryAfterMs(header, NOW)).toBeUndefined();
  });
});
