import { expect, test } from "vitest";
import { readPem, readPemCertificates, writePem } from "../../src/x509/pem.ts";

const der = Buffer.from(Array.from({ length: 100 }, (_, index) => index));

test("blocks come back in order, with text, carriage returns and indents around them passed over", () => {
  const text = `subject=x\n${writePem("CERTIFICATE", der)}between\n${writePem("PRIVATE KEY", der.subarray(1))}`;
  for (const form of [text, text.replaceAll("\n", "\r\n"), text.replace(/^(?!-)/gm, "  ")]) {
    expect(readPem(form)).toEqual([
      { label: "CERTIFICATE", der },
      { label: "PRIVATE KEY", der: der.subarray(1) },
    ]);
    expect(readPemCertificates(form)).toEqual([der]);
  }
});

test("a text without a whole block has none", () => {
  expect(readPem("")).toEqual([]);
  expect(readPem("-----BEGIN CERTIFICATE-----\nAAAA\n")).toEqual([]);
  expect(readPem("-----BEGIN CERTIFICATE-----\nAAAA\n-----END PRIVATE KEY-----\n")).toEqual([]);
});

test("lines have 64 characters and the text ends with a line feed", () => {
  const lines = writePem("CERTIFICATE", Buffer.alloc(96)).split("\n");
  expect(lines.map((line) => line.length)).toEqual([27, 64, 64, 25, 0]);
});
