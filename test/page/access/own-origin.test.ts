import { expect, test } from "vitest";
import { isForeignUse, isFromOwnPage } from "../../../src/page/access/own-origin.ts";

const host = "127.0.0.1:8080";
const plain = { tls: false, withoutOrigin: false };

test("a post counts only from the very address that was asked", () => {
  expect(isFromOwnPage({ host, origin: "http://127.0.0.1:8080" }, plain)).toBe(true);
  expect(isFromOwnPage({ host, origin: "https://127.0.0.1:8080" }, { ...plain, tls: true })).toBe(true);
  for (const origin of [
    "null",
    "http://evil.example",
    "http://127.0.0.1:8081",
    "https://127.0.0.1:8080",
    "http://127.0.0.1:8080.evil.example",
    "",
  ]) {
    expect(isFromOwnPage({ host, origin }, plain), origin).toBe(false);
    expect(isFromOwnPage({ host, origin }, { ...plain, withoutOrigin: true }), origin).toBe(false);
  }
});

test("a post of another site is refused by Sec-Fetch-Site, whatever its Origin says", () => {
  for (const site of ["cross-site", "same-site", "none"]) {
    expect(isFromOwnPage({ host, origin: "http://127.0.0.1:8080", site }, plain), site).toBe(false);
  }
});

test("a post without an Origin counts only for a program that shows a token, and is no browser", () => {
  expect(isFromOwnPage({ host }, plain)).toBe(false);
  expect(isFromOwnPage({ host }, { ...plain, withoutOrigin: true })).toBe(true);
  expect(isFromOwnPage({ host, site: "cross-site" }, { ...plain, withoutOrigin: true })).toBe(false);
});

test("another site may link to the page, and load nothing of it", () => {
  expect(isForeignUse({ site: "cross-site", mode: "navigate" })).toBe(false);
  expect(isForeignUse({ site: "cross-site", mode: "no-cors" })).toBe(true);
  expect(isForeignUse({ site: "same-site", mode: "cors" })).toBe(true);
  expect(isForeignUse({ site: "same-origin", mode: "cors" })).toBe(false);
  expect(isForeignUse({})).toBe(false);
});
