import { describe, expect, it } from "vitest";
import { replyError } from "../../src/platform/reply-error.ts";

const asked = { doing: "register devices", role: "ROLE_X" };

describe("replyError", () => {
  it.each([
    [401, /refuses the login .*password or token/],
    [403, /give it the role ROLE_X/],
    [404, /refuses to register devices \(words\)/],
    [0, /^words$/],
  ])("makes platform-refused of a refusal with %i", (status, message) => {
    const error = replyError({ kind: "refused", status, message: "words" }, asked);
    expect(error.code).toBe("platform-refused");
    expect(error.message).toMatch(message);
  });

  it.each([
    { kind: "busy", status: 429, message: "words" },
    { kind: "unknown", message: "words" },
  ] as const)("makes platform-unreachable of $kind", (reply) => {
    const error = replyError(reply, asked);
    expect(error.code).toBe("platform-unreachable");
    expect(error.message).toMatch(/words.*run again later/);
  });
});
