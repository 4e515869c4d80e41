import fc from "fast-check";
import { expect, test } from "vitest";
import { OnboardingError } from "../../src/domain/error.ts";
import { decodeManifest } from "../../src/manifest/decode-manifest.ts";

async function* inPieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function decode(bytes: Uint8Array, size = 7): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of decodeManifest(inPieces(bytes, size), "m.csv")) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

const ENCODERS = {
  "UTF-8": (text: string) => Buffer.from(text, "utf8"),
  "UTF-8 with BOM": (text: string) => Buffer.from(`\ufeff${text}`, "utf8"),
  "UTF-16LE with BOM": (text: string) => Buffer.from(`\ufeff${text}`, "utf16le"),
  "UTF-16BE with BOM": (text: string) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
};

test.each(Object.entries(ENCODERS))("%s is read, wherever the pieces end", async (_, encode) => {
  const text = fc.string({ unit: "binary" }).filter((value) => value.isWellFormed() && !/[\0\ufeff]/.test(value));
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (value, size) => {
      const plain = `id,${value}`;
      expect(await decode(encode(plain), size)).toBe(plain);
    }),
  );
});

test.each([
  [
    "an Excel file",
    [0x50, 0x4b, 3, 4, 20, 0],
    "m.csv: this is an Excel file or another archive; save it as CSV UTF-8; nothing of the file was taken in",
  ],
  ["an old Excel file", [0xd0, 0xcf, 0x11, 0xe0, 0xa1], "m.csv: this is an old Excel file; save it as CSV UTF-8"],
  ["a PDF", [...Buffer.from("%PDF-1.7")], "m.csv: this is a PDF"],
  ["gzip", [0x1f, 0x8b, 8, 0], "m.csv: this file is compressed with gzip"],
  ["UTF-32", [0xff, 0xfe, 0, 0, 0x69, 0, 0, 0], "m.csv: this file is UTF-32"],
  ["Latin-1", [...Buffer.from("id\nM\xfcller\n", "latin1")], "m.csv, line 2: byte 4 is not UTF-8"],
  ["UTF-8 that is cut off", [...Buffer.from("id\nab\u20ac").subarray(0, -1)], "m.csv, line 2: byte 5 is not UTF-8"],
  ["a surrogate in UTF-8", [0x69, 0x64, 0x0a, 0xed, 0xa0, 0x80], "m.csv, line 2: byte 3 is not UTF-8"],
  [
    "UTF-16 without BOM",
    [...Buffer.from("id\na", "utf16le")],
    "m.csv, line 1: byte 1 is zero, so this is no text, or UTF-16 without a byte order mark",
  ],
  ["a zero byte", [...Buffer.from("id\nab\0c\n")], "m.csv, line 2: byte 5 is zero"],
  [
    "half a character in UTF-16",
    [...Buffer.from("\ufeffid\n\ud83dx", "utf16le")],
    "m.csv, line 2: byte 8 is half a UTF-16 character",
  ],
  [
    "an odd length in UTF-16",
    [...Buffer.from("\ufeffid\na", "utf16le"), 0x62],
    "m.csv, line 2: the last byte is half a UTF-16 character",
  ],
])("%s is refused", async (_, bytes, message) => {
  for (const size of [1, 4, 100]) {
    await expect(decode(Uint8Array.from(bytes), size)).rejects.toMatchObject({
      code: "usage",
      message: expect.stringContaining(message),
    });
  }
});

test("the place of a wrong byte counts from the start of the file, far into it", async () => {
  const bytes = Buffer.concat([Buffer.from("id\n".padEnd(3) + "aé\n".repeat(50_000)), Buffer.from([0xff])]);
  await expect(decode(bytes, 65_536)).rejects.toThrow("m.csv, line 50002: byte 200003 is not UTF-8");
});

test("whatever bytes come, the answer is text or a usage error", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.integer({ min: 1, max: 9 }), async (bytes, size) => {
      const outcome = await decode(bytes, size).catch((error: unknown) => error);
      if (typeof outcome === "string") expect(outcome.isWellFormed()).toBe(true);
      else expect(outcome).toBeInstanceOf(OnboardingError);
    }),
  );
});
