import { describe, expect, test } from "vitest";
import { BULK, bodyOf, type FormPart, messageOf, mountSandbox, multipart } from "../mount-sandbox.ts";

const CSV = "ID;CREDENTIALS\na;AbcD1234\n";

function send(parts: readonly FormPart[]) {
  return mountSandbox().ask("POST", BULK, multipart(parts));
}

describe("the one part", () => {
  test.each([
    ["text/csv with a file name", { type: "text/csv", fileName: "lot.csv" }],
    ["text/plain", { type: "text/plain" }],
    ["plain/text", { type: "plain/text", fileName: "x" }],
    ["no type and no file name", {}],
  ])("is taken as %s", (_, more) => {
    expect(bodyOf(send([{ name: "file", content: CSV, ...more }]))["numberOfCreated"]).toBe(1);
  });

  test.each([
    ["missing", []],
    ["of another name", [{ name: "data", content: CSV }]],
    [
      "not alone",
      [
        { name: "file", content: CSV },
        { name: "note", content: "x" },
      ],
    ],
    [
      "there twice",
      [
        { name: "file", content: CSV },
        { name: "file", content: CSV },
      ],
    ],
    ["of a foreign type", [{ name: "file", type: "application/json", content: CSV }]],
  ])("is refused when it is %s", (_, parts: readonly FormPart[]) => {
    expect(send(parts).status).toBe(422);
  });

  test("keeps line breaks and dashes that are not its boundary", () => {
    const { state, ask } = mountSandbox();
    const form = multipart([{ name: "file", content: "ID;CREDENTIALS\r\n--a--;AbcD1234\r\n" }]);
    expect(ask("POST", BULK, form).status).toBe(201);
    expect([...state.devices.keys()]).toEqual(["--a--"]);
  });

  test("may come with a quoted boundary and a preamble", () => {
    const form = multipart([{ name: "file", content: CSV }], "with space");
    const answer = mountSandbox().ask("POST", BULK, {
      headers: { "content-type": 'Multipart/Form-Data; charset=utf-8; boundary="with space"' },
      body: Buffer.concat([Buffer.from("ignore me\r\n"), form.body]),
    });
    expect(answer.status).toBe(201);
  });
});

describe("the body", () => {
  test.each(["text/csv", "application/json", undefined])("as %s is a 415", (type) => {
    expect(mountSandbox().ask("POST", BULK, { headers: { "content-type": type }, body: CSV }).status).toBe(415);
  });

  const { headers, body } = multipart([{ name: "file", content: CSV }]);
  test.each([
    ["without a boundary in its type", "names no boundary", body, { "content-type": "multipart/form-data" }],
    ["with another boundary", "first boundary is missing", body, { "content-type": "multipart/form-data; boundary=x" }],
    ["cut short", "closing boundary is missing", body.subarray(0, -20), headers],
    [
      "without part headers' end",
      "no end of headers",
      Buffer.from("------limit7f\r\nA: b\r\n------limit7f--"),
      headers,
    ],
    ["with a nameless part", "no form-data name", Buffer.from(body.toString().replace('name="file"', "x=1")), headers],
  ])("%s is a 400", (_, reason, sent, sentHeaders) => {
    const answer = mountSandbox().ask("POST", BULK, { headers: sentHeaders, body: sent });
    expect(answer.status).toBe(400);
    expect(messageOf(answer)).toContain(reason);
  });
});
