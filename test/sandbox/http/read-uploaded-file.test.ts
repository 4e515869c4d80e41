import { expect, test } from "vitest";
import { readUploadedFile } from "../../../src/sandbox/http/read-uploaded-file.ts";
import type { FormPart } from "../../../src/sandbox/http/sandbox-request.ts";
import { BULK, mountSandbox, multipart } from "../mount-sandbox.ts";

const content = Buffer.from("ID;CREDENTIALS\na;AbcD1234\n");

function read(...parts: readonly FormPart[]): Buffer {
  const base = { method: "POST", path: BULK, query: new URLSearchParams(), headers: {}, body: Buffer.alloc(0) };
  return readUploadedFile({ ...base, form: { parts } }, "devicecontrol");
}

test.each(["text/csv", "text/plain", "plain/text", undefined])("the one part is taken as %s", (contentType) => {
  expect(read({ name: "file", ...(contentType && { contentType }), content })).toBe(content);
});

test.each([
  ["missing", []],
  ["of another name", [{ name: "data", content: "x" }]],
  [
    "not alone",
    [
      { name: "file", content: "x" },
      { name: "note", content: "x" },
    ],
  ],
  [
    "there twice",
    [
      { name: "file", content: "x" },
      { name: "file", content: "x" },
    ],
  ],
  ["of a foreign type", [{ name: "file", type: "application/json", content: "x" }]],
])("the one part is refused with a 422 when it is %s", (_, parts) => {
  expect(mountSandbox().ask("POST", BULK, multipart(parts)).status).toBe(422);
});
