import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { messageOf, mountSandbox, multipart } from "../mount-sandbox.ts";

const CRL = "/tenant/trusted-certificates/settings/crl";
const NOW = Date.UTC(2027, 0, 15, 12);
const FORMAT = "Unsupported date time format, supported format:yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";

function mounted() {
  const sandbox = mountSandbox({ nowMs: () => NOW });
  const put = (crls: unknown) => sandbox.ask("PUT", CRL, { body: { crls } });
  const putFile = (csv: string) =>
    sandbox.ask("PUT", CRL, multipart([{ name: "file", type: "text/csv", content: csv }]));
  return { ...sandbox, put, putFile };
}

describe("as JSON", () => {
  test("serial numbers are taken in hex of either case, with a date or now", () => {
    const { state, put } = mounted();
    const answer = put([
      { serialNumberInHex: "1000", revocationDate: "2023-01-11T16:12:36.288Z" },
      { serialNumberInHex: "00ABCDEF" },
    ]);
    expect([answer.status, answer.body.length]).toEqual([204, 0]);
    expect([...state.revocations]).toEqual([
      ["1000", Date.UTC(2023, 0, 11, 16, 12, 36, 288)],
      ["abcdef", NOW],
    ]);
  });

  test("an entry that is there stays, and a date to come counts as now", () => {
    const { state, put } = mounted();
    put([{ serialNumberInHex: "1", revocationDate: "2030-01-01T00:00:00.000Z" }]);
    put([{ serialNumberInHex: "01", revocationDate: "2023-01-01T00:00:00.000Z" }]);
    expect([...state.revocations]).toEqual([["1", NOW]]);
  });

  test.each([
    ["a date of another form", [{ serialNumberInHex: "1", revocationDate: "2023-01-11T16:12:36Z" }], FORMAT],
    ["a day that is none", [{ serialNumberInHex: "1", revocationDate: "2023-02-31T16:12:36.000Z" }], FORMAT],
    ["a number", [{ serialNumberInHex: 1000 }], "must be a hexadecimal number"],
    ["no hex", [{ serialNumberInHex: "xyz" }], "must be a hexadecimal number"],
    ["another field", [{ serialNumberInHex: "1", reason: "x" }], "Field 'reason' is not allowed here"],
    ["no list", "1000", "the array 'crls' alone"],
  ])("%s is a 400 and nothing is taken", (_, crls, reason) => {
    const { state, put } = mounted();
    const answer = put(crls);
    expect([answer.status, messageOf(answer)]).toEqual([400, expect.stringContaining(reason)]);
    expect(state.revocations.size).toBe(0);
  });
});

describe("as a file", () => {
  test.each(["SERIALNO,DATE", "SERIAL NO.,REVOCATION DATE"])("the header may be %s", (header) => {
    const { state, putFile } = mounted();
    expect(putFile(`${header}\n1000,2023-01-11T16:12:36.288Z\nff,\n`).status).toBe(204);
    expect([...state.revocations.keys()]).toEqual(["1000", "ff"]);
  });

  test("the latest entry counts, and one with a date to come is left out", () => {
    const { state, putFile } = mounted();
    putFile("SERIALNO,DATE\n1,2022-01-01T00:00:00.000Z\n1,2023-01-01T00:00:00.000Z\n2,2030-01-01T00:00:00.000Z\n");
    expect([...state.revocations]).toEqual([["1", Date.UTC(2023, 0, 1)]]);
  });

  test.each([
    ["another header", "serial,date\n1,\n"],
    ["three values", "SERIALNO,DATE\n1,,x\n"],
    ["over 5000 entries", `SERIALNO,DATE\n${"1,\n".repeat(5001)}`],
  ])("%s is a 400", (_, csv) => {
    expect(mounted().putFile(csv).status).toBe(400);
  });

  test("another content type is a 415", () => {
    expect(mounted().ask("PUT", CRL, { headers: { "content-type": "text/csv" }, body: "SERIALNO,DATE\n" }).status).toBe(
      415,
    );
  });
});

const noOpenssl = spawnSync("openssl", ["version"]).status !== 0 && !process.env["CI"];

test.skipIf(noOpenssl)("OpenSSL reads the list (needs openssl)", () => {
  const { ask, put } = mounted();
  const read = () => {
    const answer = ask("GET", CRL, { headers: { accept: "application/pkix-crl" } });
    expect(answer.headers["content-type"]).toBe("application/pkix-crl");
    return execFileSync("openssl", ["crl", "-inform", "DER", "-noout", "-text"], { input: answer.body }).toString();
  };
  expect(read()).toContain("No Revoked Certificates");
  put([{ serialNumberInHex: "F0a1", revocationDate: "2023-01-11T16:12:36.288Z" }]);
  const text = read();
  expect(text).toMatch(/Version 2[\s\S]*CN ?= ?t0815[\s\S]*CRL Number:\s+1\s/);
  expect(text).toMatch(/Serial Number: F0A1\s+Revocation Date: Jan 11 16:12:36 2023 GMT/);
});

test("the list is not to be had as JSON", () => {
  expect(mounted().ask("GET", CRL).status).toBe(406);
});
