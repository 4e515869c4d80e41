import { expect, test } from "vitest";
import { derContext, derSequence } from "../../src/asn1/der.ts";
import type { Device } from "../../src/domain/device.ts";
import { checkNames } from "../../src/plan/check-names.ts";
import { rejectBrokenNames } from "../../src/plan/reject-broken-names.ts";
import { encodeExtension } from "../../src/x509/encode-certificate.ts";
import { EXTENSION } from "../../src/x509/read-certificate.ts";
import { makeChain } from "../fixtures/make-chain.ts";
import { device } from "../ledger/ledger-world.ts";

const hosts = derSequence(derContext(0, derSequence(derContext(2, Buffer.from("acme.example"), false))));
const constraining = makeChain(
  [{}, { subject: "CN=line", more: [encodeExtension(EXTENSION.nameConstraints, true, hosts)] }, {}],
  Date.now(),
).slice(1, 2);

function named(id: string, line: number): Device {
  return { ...device(id, line), subject: [{ attribute: "CN", value: id }] };
}

const DEVICES = [named("d1.acme.example", 2), named("d2.other.example", 3), named("SN-3", 4)];

test("a row whose name an authority above does not permit is rejected, with its line and cells; the others pass", async () => {
  const before = { problem: { line: 9, field: "id", message: "bad" }, externalId: "x", cells: {} };
  async function* rows() {
    yield { devices: DEVICES, rejected: [before] };
  }
  const [checked] = await Array.fromAsync(checkNames(rows(), constraining));
  expect(checked?.devices.map(({ externalId }) => externalId)).toEqual(["d1.acme.example", "SN-3"]);
  expect(checked?.rejected).toEqual([
    before,
    {
      problem: {
        line: 3,
        field: "",
        message: expect.stringMatching(/DNS name d2\.other\.example.*CN=line.*2\.5\.29\.30/),
      },
      externalId: "d2.other.example",
      cells: DEVICES[1]?.cells,
    },
  ]);
});

test("a planned device that may not be named so is rejected in the ledger before it is minted", async () => {
  const rejected: unknown[] = [];
  const ledger = {
    rejectDevices: async (_hold: unknown, rejects: readonly unknown[]) => void rejected.push(...rejects),
  };
  const lease = { lot: "L1", token: "t" } as never;
  const planned = DEVICES.map((one, index) => ({ ...one, seq: index })) as never;
  const left = await rejectBrokenNames(ledger as never, lease, planned, constraining);
  expect(left.map(({ externalId }) => externalId)).toEqual(["d1.acme.example", "SN-3"]);
  expect(rejected).toEqual([{ externalId: "d2.other.example", reason: expect.stringContaining("not permitted") }]);
  expect(await rejectBrokenNames(ledger as never, lease, planned, [])).toBe(planned);
});
