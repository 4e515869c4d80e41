import { describe, expect, it } from "vitest";
import { makeScrub } from "../../../src/platform/http/scrub.ts";

describe("makeScrub", () => {
  it.each([
    ["as it is", 'the pa"ss/wörd is wrong'],
    ["escaped for JSON", '{"p":"pa\\"ss/wörd"}'],
    ["encoded for an address", "?p=pa%22ss%2Fw%C3%B6rd"],
  ])("takes out a secret %s", (_name, text) => {
    const clean = makeScrub(['pa"ss/wörd'])(text);
    expect(clean).toContain("***");
    expect(clean).not.toMatch(/ss.*w/);
  });

  it("takes out any Authorization value, also one that is not ours", () => {
    expect(makeScrub([])("got Basic dXNlcjpwYXNz and bearer eyJhbGciOi.x_y")).toBe("got Basic *** and bearer ***");
  });

  it("leaves nothing of a secret that would be cut in two", () => {
    const secret = "s3cret-".repeat(8);
    expect(makeScrub([secret])(`${"x".repeat(290)}${secret}`)).not.toContain("s3cret");
  });

  it("makes one line without control characters of at most 300 characters", () => {
    const clean = makeScrub([])(`a\r\nb\u001b[2J\u0000\u202ec ${"😀".repeat(400)}`);
    expect(clean.startsWith("a b [2J c 😀")).toBe(true);
    expect(clean.length).toBeLessThanOrEqual(300);
    expect(clean.isWellFormed()).toBe(true);
  });

  it("does not mistake an empty secret for one", () => {
    expect(makeScrub([""])("abc")).toBe("abc");
  });
});
