import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { TrustedCertificate } from "../../../src/platform/platform.ts";
import { diagnoseDevice, type Evidence, type PlatformView } from "../../../src/run/rehearse/diagnose-device.ts";
import { readCertificate } from "../../../src/x509/read-certificate.ts";
import { type CertificateWish, makeChain } from "../../fixtures/make-chain.ts";
import { makeDeviceKey } from "../../fixtures/make-device-key.ts";
import { makeIssuer, type TestIssuer } from "../../fixtures/make-issuer.ts";

const DAY_MS = 24 * 3_600_000;

let issuer: TestIssuer;
let chain: readonly Buffer[];
beforeAll(async () => {
  issuer = await makeIssuer();
  chain = [makeDeviceKey(issuer).certificate, ...issuer.chain];
});

function trusted(der: Buffer | undefined, more: Partial<TrustedCertificate> = {}): TrustedCertificate {
  return {
    fingerprint: createHash("sha1")
      .update(der ?? "")
      .digest("hex"),
    name: "anchor",
    status: "ENABLED",
    autoRegistrationEnabled: false,
    proofOfPossessionValid: true,
    ...more,
  };
}

function view(more: Partial<PlatformView> = {}): PlatformView {
  return {
    tenant: "t1",
    trusted: [trusted(chain[2])],
    revoked: new Set(),
    checksRevocation: true,
    hasUser: true,
    hasExternalId: true,
    idType: "c8y_Serial",
    ...more,
  };
}

/** Findings as `part: words`. */
function diagnose(more: Partial<Evidence> = {}): string[] {
  const evidence: Evidence = {
    externalId: "ACME-1",
    chain,
    stage: "confirmed",
    issuer: "line-3",
    nowMs: Date.now(),
    codes: ["401", "5"],
    platform: view(),
    ...more,
  };
  return diagnoseDevice(evidence).map(({ part, words }) => `${part}: ${words}`);
}

function serialOf(der: Buffer | undefined): string {
  return readCertificate(der ?? Buffer.alloc(0)).serialNumber;
}

test("nothing about a good certificate explains a refusal, and that is said", () => {
  expect(diagnose()).toEqual(["none: nothing about its certificate explains it"]);
});

test("a name that is not the client id", () => {
  expect(diagnose({ externalId: "ACME-2" })).toEqual([expect.stringMatching(/^name: its certificate is for ACME-1/)]);
});

describe("time", () => {
  test("the device's certificate has ended, or begins later", () => {
    expect(diagnose({ nowMs: Date.now() + 400 * DAY_MS })).toEqual([
      expect.stringMatching(/^expiry: its certificate expired on /),
    ]);
    const early = diagnose({ nowMs: Date.now() - DAY_MS / 2 });
    expect(early).toEqual([
      expect.stringMatching(/^expiry: its certificate is valid only from .*check this machine's clock/),
    ]);
  });

  test("an authority above it has ended too", () => {
    expect(diagnose({ nowMs: Date.now() + 4000 * DAY_MS })).toContainEqual(
      expect.stringMatching(/^expiry: the certificate of Line 3 above it expired/),
    );
  });
});

describe("chain", () => {
  test("a certificate is missing, or the order is wrong", () => {
    const [leaf = Buffer.alloc(0), line = Buffer.alloc(0), anchor = Buffer.alloc(0)] = chain;
    for (const broken of [
      [leaf, anchor],
      [leaf, anchor, line],
    ]) {
      expect(diagnose({ chain: broken })).toEqual(["chain: certificate 1 of its chain is not signed by the next one"]);
    }
  });

  test("relying parties refuse it: the extension is named, unless the platform trusts what is below", () => {
    const server = ["1.3.6.1.5.5.7.3.1"];
    const refused = (issuer: CertificateWish, root: CertificateWish = {}) =>
      makeChain(
        [{ subject: "CN=ACME-1" }, { subject: "CN=line", ...issuer }, { subject: "CN=top", ...root }],
        Date.now(),
      ).map(({ raw }) => raw);
    const below = refused({ purposes: server });
    expect(diagnose({ chain: below, platform: view({ trusted: [trusted(below[2])] }) })).toEqual([
      expect.stringMatching(/^chain: its chain is refused: CN=line .*extendedKeyUsage \(extension 2\.5\.29\.37\)/),
    ]);
    const above = refused({}, { purposes: server });
    expect(diagnose({ chain: above, platform: view({ trusted: [trusted(above[1])] }) })).toEqual([
      "none: nothing about its certificate explains it",
    ]);
    expect(diagnose({ chain: above, platform: view({ trusted: [trusted(above[2])] }) })).toEqual([
      expect.stringMatching(/^chain: its chain is refused: CN=top/),
    ]);
  });

  test("the platform trusts none of it", () => {
    expect(diagnose({ platform: view({ trusted: [] }) })).toEqual([
      "chain: tenant t1 trusts no certificate of its chain: run `lotmint authority upload line-3`",
    ]);
  });

  test("what the platform trusts of it is disabled, or has expired", () => {
    const disabled = view({ trusted: [trusted(chain[1], { status: "DISABLED" })] });
    expect(diagnose({ platform: disabled })).toEqual([expect.stringMatching(/^chain: .* is disabled in tenant t1/)]);
    const expired = view({ trusted: [trusted(chain[1], { notAfter: "2020-01-01T00:00:00.000Z" })] });
    expect(diagnose({ platform: expired })).toEqual([expect.stringMatching(/^chain: .* has expired: renew it/)]);
  });

  test("the list may not be read: the answers alone suggest it", () => {
    for (const codes of [["401", "5"], ["unknown CA"]]) {
      expect(diagnose({ codes, platform: undefined })).toEqual([
        expect.stringMatching(/^chain: .*could not be looked up: check that it trusts line-3/),
      ]);
    }
    expect(diagnose({ codes: ["422", "5"], platform: view({ trusted: undefined }) })).toEqual([
      expect.stringMatching(/^registration: /),
    ]);
  });
});

describe("revocation", () => {
  test("the ledger knows it", () => {
    expect(diagnose({ stage: "revoked" })).toEqual(["revocation: its certificate is revoked, says the ledger"]);
  });

  test("the platform's list has it, or an authority above it", () => {
    expect(diagnose({ platform: view({ revoked: new Set([serialOf(chain[0])]) }) })).toEqual([
      "revocation: its certificate is on the platform's revocation list",
    ]);
    expect(diagnose({ platform: view({ revoked: new Set([serialOf(chain[1])]) }) })).toEqual([
      "revocation: the certificate of Line 3 above it is on the platform's revocation list",
    ]);
  });

  test("a list that the platform does not look into explains nothing", () => {
    const unused = view({ revoked: new Set([serialOf(chain[0])]), checksRevocation: false });
    expect(diagnose({ platform: unused })).toEqual([expect.stringMatching(/^none: /)]);
  });
});

describe("registration", () => {
  test("the device has no user there", () => {
    expect(diagnose({ stage: "listed", platform: view({ hasUser: false }) })).toEqual([
      expect.stringMatching(
        /^registration: tenant t1 has no user device_ACME-1 \(its stage is listed\), and auto registration is off/,
      ),
    ]);
  });

  test("with auto registration a missing user explains nothing", () => {
    const auto = [trusted(chain[2], { autoRegistrationEnabled: true })];
    expect(diagnose({ platform: view({ hasUser: false, trusted: auto }) })).toEqual([expect.stringMatching(/^none: /)]);
  });

  test("a confirmed device was deleted on the platform", () => {
    expect(diagnose({ platform: view({ hasExternalId: false }) })).toEqual([
      "registration: tenant t1 does not have ACME-1 as c8y_Serial: its device was deleted there",
    ]);
  });
});

test("a token endpoint that is switched off is told, and no certificate blamed", () => {
  expect(diagnose({ codes: ["404"] })).toEqual(["none: the token endpoint is switched off or is not there"]);
});
