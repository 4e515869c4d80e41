import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildChain } from "../../../src/authority/foreign/build-chain.ts";
import { readAuthority } from "../../../src/authority/load-authority.ts";
import { describeName } from "../../../src/x509/distinguished-name.ts";
import { type CertificateFields, readCertificate } from "../../../src/x509/read-certificate.ts";
import { makeChain } from "../../fixtures/make-chain.ts";
import { DAY_MS, makeIssuer, NOW_MS, temporaryHome } from "../authorities.ts";

const home = temporaryHome();
const other = temporaryHome();
let certificates: Readonly<Record<string, CertificateFields>>;
/** Another root that has the same name. */
let namesake: CertificateFields;

beforeAll(async () => {
  const root = await makeIssuer(home, "root");
  const site = await makeIssuer(home, "site", { issuer: root });
  await makeIssuer(home, "line", { issuer: site });
  namesake = readCertificate((await makeIssuer(other, "root")).certificateDer);
  certificates = Object.fromEntries(
    ["root", "site", "line"].map((name) => [name, readAuthority(home, name).certificate]),
  );
});
afterAll(() => {
  home[Symbol.dispose]();
  other[Symbol.dispose]();
});

function named(name: string): CertificateFields {
  const found = certificates[name];
  if (found === undefined) throw new Error(name);
  return found;
}

function chainOf(name: string, candidates: readonly CertificateFields[]): readonly string[] {
  return buildChain(named(name), candidates, NOW_MS).map(({ subject }) => describeName(subject));
}

describe("buildChain", () => {
  test("orders candidates that come in any order, and leaves out those that it does not need", () => {
    expect(chainOf("line", [named("root"), named("line"), named("site")])).toEqual(["CN=line", "CN=site", "CN=root"]);
    expect(chainOf("site", [named("line"), named("root")])).toEqual(["CN=site", "CN=root"]);
    expect(chainOf("root", [named("site")])).toEqual(["CN=root"]);
  });

  test("takes the issuer that signed, of two with the same name", () => {
    const chain = buildChain(named("site"), [namesake, named("root")], NOW_MS);
    expect(chain.at(-1)?.raw.equals(named("root").raw)).toBe(true);
  });

  test("ends where a link is missing", () => {
    expect(chainOf("line", [named("root")])).toEqual(["CN=line"]);
    expect(chainOf("line", [named("site")])).toEqual(["CN=line", "CN=site"]);
  });

  test("goes on by name where nobody's key fits, for the proof to say so", () => {
    const chain = buildChain(named("site"), [namesake], NOW_MS);
    expect(chain.map(({ raw }) => raw)).toEqual([named("site").raw, namesake.raw]);
  });

  test("passes an expired root by for its renewed twin, and a bad way for a cross-signed one, whatever their order", () => {
    const twin = (notAfterMs: number, serial: number) =>
      makeChain([{}, {}, { subject: "CN=twin", notAfterMs, serial }], NOW_MS)[2] as CertificateFields;
    const [, issuer] = makeChain([{}, {}, { subject: "CN=twin" }], NOW_MS) as [CertificateFields, CertificateFields];
    const [expired, renewed] = [twin(NOW_MS - 1000, 7), twin(NOW_MS + DAY_MS, 8)];
    for (const candidates of [
      [expired, renewed],
      [renewed, expired],
    ]) {
      expect(buildChain(issuer, candidates, NOW_MS).map(({ raw }) => raw)).toEqual([issuer.raw, renewed.raw]);
    }
    expect(buildChain(issuer, [expired], NOW_MS).map(({ raw }) => raw)).toEqual([issuer.raw, expired.raw]);
    // The same key and name once more, signed by another root that is good.
    const [, , crossed, top] = makeChain([{}, {}, { subject: "CN=twin" }, { subject: "CN=top" }], NOW_MS);
    if (crossed === undefined || top === undefined) throw new Error("no chain");
    expect(buildChain(issuer, [expired, crossed, top], NOW_MS).map(({ raw }) => raw)).toEqual([
      issuer.raw,
      crossed.raw,
      top.raw,
    ]);
  });
});
