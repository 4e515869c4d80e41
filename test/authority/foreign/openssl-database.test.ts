import { describe, expect, test } from "vitest";
import { readOpensslDatabase, serialHex } from "../../../src/authority/foreign/openssl-database.ts";
import { errorOf } from "../authorities.ts";

const V = "V\t271123192126Z\t\t1000\tunknown\t/CN=dev-1";

describe("readOpensslDatabase", () => {
  test("reads valid, expired and revoked lines, with times of both kinds", () => {
    const text = `${V}\r\n\nE\t190101000000Z\t\t0A\tunknown\t/C=DE/CN=old\nR\t20551231235959Z\t261123192126Z,keyCompromise\t00FF01\tx.pem\t/CN=lost\n`;
    expect(readOpensslDatabase(text, "index.txt")).toEqual([
      { serialNumber: "1000", notAfterMs: Date.UTC(2027, 10, 23, 19, 21, 26), subject: "/CN=dev-1", revoked: null },
      { serialNumber: "0a", notAfterMs: Date.UTC(2019, 0, 1), subject: "/C=DE/CN=old", revoked: null },
      {
        serialNumber: "ff01",
        notAfterMs: Date.UTC(2055, 11, 31, 23, 59, 59),
        subject: "/CN=lost",
        revoked: { atMs: Date.UTC(2026, 10, 23, 19, 21, 26), reason: "keyCompromise" },
      },
    ]);
  });

  test.each([
    ["261123192126Z", "unspecified"],
    ["261123192126Z,CACompromise", "cACompromise"],
    ["261123192126Z,keyTime,20250101000000Z", "keyCompromise"],
    ["261123192126Z,CAkeyTime,20250101000000Z", "cACompromise"],
    ["261123192126Z,holdInstruction,holdInstructionReject", "certificateHold"],
    ["261123192126Z,superseded", "superseded"],
  ])("understands the revocation %s", (revocation, reason) => {
    const [entry] = readOpensslDatabase(`R\t271123192126Z\t${revocation}\t1001\tunknown\t/CN=x\n`, "index.txt");
    expect(entry?.revoked).toEqual({ atMs: Date.UTC(2026, 10, 23, 19, 21, 26), reason });
  });

  test.each([
    ["too few columns", "V\t271123192126Z\t\t1000\t/CN=x", /six columns/],
    ["an unknown status", V.replace(/^V/, "X"), /status "X"/],
    ["an expiry that is none", V.replace("271123192126Z", "27112319Z"), /expiry is no time/],
    ["a number that is none", V.replace("1000", "10x0"), /not hexadecimal/],
    ["a revocation without a time", V.replace(/^V/, "R"), /revocation is no time/],
    ["an unknown reason", V.replace("V\t271123192126Z\t", "R\t271123192126Z\t261123192126Z,boredom"), /with a reason/],
  ])("refuses %s and names the line", async (_what, line, message) => {
    const error = await errorOf(() => readOpensslDatabase(`${V}\n${line}\n`, "/ca/index.txt"));
    expect([error.code, error.message]).toEqual(["usage", expect.stringMatching(message)]);
    expect(error.message).toContain("/ca/index.txt cannot be used: line 2");
  });
});

test("serial numbers come in whole octets without leading zero octets", () => {
  expect(["1", "0A", "0001", "ABC", "00"].map(serialHex)).toEqual(["01", "0a", "01", "0abc", "00"]);
});
