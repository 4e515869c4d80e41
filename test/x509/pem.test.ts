import { expect, test } from "vitest";
import { readPem, readPemCertificates, startPem, writePem } from "../../src/x509/pem.ts";

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

test.each([0, 1, 47, 48, 49, 95, 96, 97, 1000])("%i octets that come in pieces give the same text", (length) => {
  const whole = Buffer.from(Array.from({ length }, (_, index) => index % 251));
  for (const size of [1, 47, 48, 50, 2000]) {
    let text = "";
    const block = startPem("X509 CRL", (piece) => {
      text += piece;
    });
    // One memory for all pieces, as a reader of a file has it.
    const piece = Buffer.alloc(size);
    for (let at = 0; at < length; at += size) block.add(piece.subarray(0, whole.copy(piece, 0, at)));
    block.end();
    expect(readPem(text)).toEqual([{ label: "X509 CRL", der: whole }]);
    if (length > 0) expect(text).toBe(writePem("X509 CRL", whole));
  }
});
