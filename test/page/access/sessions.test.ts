import { expect, test } from "vitest";
import { cookieHeader, keepSessions, readCookie } from "../../../src/page/access/sessions.ts";

test("a session lasts twelve hours, and not longer", () => {
  let nowMs = 0;
  const sessions = keepSessions(() => nowMs);
  const secret = sessions.begin("reader");
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(sessions.roleOf(secret)).toBe("reader");
  expect(sessions.roleOf(`${secret}x`)).toBeUndefined();
  nowMs = 12 * 3_600_000;
  expect(sessions.roleOf(secret)).toBeUndefined();
});

test("a session ends when it is ended, and the oldest of more than a thousand", () => {
  const sessions = keepSessions(() => 0);
  const first = sessions.begin("operator");
  const ended = sessions.begin("operator");
  sessions.end(ended);
  expect(sessions.roleOf(ended)).toBeUndefined();
  const more = Array.from({ length: 1000 }, () => sessions.begin("operator"));
  expect(sessions.roleOf(first)).toBeUndefined();
  expect(sessions.roleOf(more.at(-1) ?? "")).toBe("operator");
});

test("the cookie is for this server alone, and no script reads it", () => {
  expect(cookieHeader("abc", true)).toBe("__Host-lotmint=abc; Path=/; HttpOnly; SameSite=Strict; Secure");
  expect(cookieHeader("abc", false)).toBe("lotmint=abc; Path=/; HttpOnly; SameSite=Strict");
  expect(cookieHeader("", false)).toMatch(/Max-Age=0$/);
});

test("the cookie is found among others, and one of another name is not taken for it", () => {
  expect(readCookie("a=1; lotmint=abc; b=2", false)).toBe("abc");
  expect(readCookie("xlotmint=abc", false)).toBeUndefined();
  expect(readCookie("lotmint=abc", true)).toBeUndefined();
  expect(readCookie(undefined, false)).toBeUndefined();
});
