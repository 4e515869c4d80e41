import { describe, expect, test } from "vitest";
import { readForm } from "../../../src/sandbox/http/read-form.ts";
import { BULK, bodyOf, messageOf, mountSandbox, multipart } from "../mount-sandbox.ts";

const CSV = "ID;CREDENTIALS\na;AbcD1234\n";

describe("the parts of a form", () => {
  test.each([
    ["text/csv with a file name", { type: "Text/CSV; charset=utf-8", fileName: "lot.csv" }, "text/csv"],
    ["plain/text with a file name", { type: "plain/text", fileName: "x" }, "plain/text"],
    ["no type and a file name, which Node takes for text", { fileName: "x" }, "text/plain"],
    ["no type and no file name", {}, undefined],
    ["a type without a file name, which Node leaves out", { type: "text/csv" }, undefined],
  ])("are read with %s", async (_, more, contentType) => {
    const { headers, body } = multipart([{ name: "file", content: CSV, ...more }]);
    expect(await readForm({ headers, body })).toEqual({
      parts: [{ name: "file", ...(contentType && { contentType }), content: Buffer.from(CSV) }],
    });
  });

  test("keep their order, names and octets", async () => {
    const octets = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0x2d, 0x2d]);
    const { headers, body } = multipart([
      { name: "file", content: "ID;CREDENTIALS\r\n--a--;AbcD1234\r\n" },
      { name: "file", content: octets, fileName: "x" },
      { name: "note", content: "" },
    ]);
    const form = await readForm({ headers, body });
    expect(form).toMatchObject({
      parts: [
        { name: "file", content: Buffer.from("ID;CREDENTIALS\r\n--a--;AbcD1234\r\n") },
        { name: "file", content: octets },
        { name: "note", content: Buffer.alloc(0) },
      ],
    });
  });

  test("may come with a quoted boundary and a preamble", async () => {
    const form = multipart([{ name: "file", content: CSV }], "with space");
    const headers = { "content-type": 'Multipart/Form-Data; charset=utf-8; boundary="with space"' };
    const body = Buffer.concat([Buffer.from("ignore me\r\n"), form.body]);
    expect(await readForm({ headers, body })).toEqual({ parts: [{ name: "file", content: Buffer.from(CSV) }] });
  });
});

describe("the body", () => {
  test.each(["text/csv", "application/json", undefined])("as %s is no form, and a 415", async (type) => {
    const headers = { "content-type": type };
    expect(await readForm({ headers, body: Buffer.from(CSV) })).toBeUndefined();
    expect(mountSandbox().ask("POST", BULK, { headers, body: CSV }).status).toBe(415);
  });

  const { headers, body } = multipart([{ name: "file", content: CSV }]);
  const changed = (from: string, to: string) => Buffer.from(body.toString().replace(from, to));
  test.each([
    ["without a boundary in its type", body, { "content-type": "multipart/form-data" }],
    ["with another boundary", body, { "content-type": "multipart/form-data; boundary=x" }],
    ["cut short", body.subarray(0, -20), headers],
    ["without part headers' end", Buffer.from("------limit7f\r\nA: b\r\n------limit7f--"), headers],
    ["with a nameless part", changed('name="file"', "x=1"), headers],
    ["with a header without a colon", changed("Disposition:", "Disposition"), headers],
    ["with nothing in it", Buffer.alloc(0), headers],
  ])("%s is a 400 that says why", async (_, sent, sentHeaders) => {
    const form = await readForm({ headers: sentHeaders, body: sent });
    expect(form).toEqual({ problem: expect.stringMatching(/.{10}/) });
    const answer = mountSandbox().ask("POST", BULK, { headers: sentHeaders, body: sent, ...(form && { form }) });
    expect(answer.status).toBe(400);
    expect(messageOf(answer)).toMatch(/^Could not parse multipart request: .{10}/);
  });
});

test("the sandbox takes a form without a file name", async () => {
  const { headers, body } = multipart([{ name: "file", content: CSV }]);
  const form = await readForm({ headers, body });
  const answer = mountSandbox().ask("POST", BULK, { headers, body, ...(form && { form }) });
  expect(bodyOf(answer)["numberOfCreated"]).toBe(1);
});
