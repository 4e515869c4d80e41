import { expect, test } from "vitest";
import { newSerialNumber, readSerialNumber, showSerialNumber } from "../../src/x509/serial-number.ts";

test("a serial number has 20 octets, the first two bits 01", () => {
  for (let index = 0; index < 2000; index++) expect(newSerialNumber()).toMatch(/^[4-7][0-9a-f]{39}$/);
});

test("no octets are handed out twice, across refills of the pool", () => {
  const seen = new Set(Array.from({ length: 10_000 }, newSerialNumber));
  expect(seen.size).toBe(10_000);
});

test("each of the other 158 bits is random", () => {
  let [ones, zeros] = [0n, 0n];
  for (let index = 0; index < 1000; index++) {
    const number = BigInt(`0x${newSerialNumber()}`);
    ones |= number;
    zeros |= ~number & ((1n << 160n) - 1n);
  }
  expect((ones & zeros).toString(2)).toBe("1".repeat(158));
});

test.each([
  ["01", "01"],
  ["0080", "80"],
  ["80", "-80"],
  ["ff", "-01"],
  ["ff7f", "-81"],
  ["00", "00"],
])("the octets %s are shown as %s", (octets, shown) => {
  expect(showSerialNumber(Buffer.from(octets, "hex"))).toBe(shown);
});

test.each([
  ["ABCDEF", "abcdef"],
  ["AB:CD:EF", "abcdef"],
  ["ab cd ef", "abcdef"],
  ["ab-cd-ef", "abcdef"],
  ["0xabcdef", "abcdef"],
  ["serial=ABCDEF", "abcdef"],
  ["  00:00:ab\n", "ab"],
  ["abc", "0abc"],
  ["0", "00"],
  [`00${"f".repeat(40)}`, "f".repeat(40)],
])("the serial number %j is read as %s", (text, read) => {
  expect(readSerialNumber(text)).toBe(read);
});

test.each(["", "0x", "DEV-1", "12g4", "f".repeat(41), "serial="])("%j is no serial number", (text) => {
  expect(readSerialNumber(text)).toBeUndefined();
});
