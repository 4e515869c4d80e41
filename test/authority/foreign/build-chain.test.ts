import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildChain } from "../../../src/authority/foreign/build-chain.ts";
import { readAuthority } from "../../../src/authority/load-authority.ts";
import { describeName } from "../../../src/x509/distinguished-name.ts";
import { type CertificateFields, readCertificate } from "../../../src/x509/read-certificate.ts";
import { makeIssuer, temporaryHome } from "../authorities.ts";

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
  return buildChain(named(name), candidates).map(({ subject }) => describeName(subject));
}

describe("buildChain", () => {
  test("orders candidates that come in any order, and leaves out those that it does not need", () => {
    expect(chainOf("line", [named("root"), named("line"), named("site")])).toEqual(["CN=line", "CN=site", "CN=root"]);
    expect(chainOf("site", [named("line"), named("root")])).toEqual(["CN=site", "CN=root"]);
    expect(chainOf("root", [named("site")])).toEqual(["CN=root"]);
  });

  test("takes the issuer that signed, of two with the same name", () => {
    const chain = buildChain(named("site"), [namesake, named("root")]);
    expect(chain.at(-1)?.raw.equals(named("root").raw)).toBe(true);
  });

  test("ends where a link is missing", () => {
    expect(chainOf("line", [named("root")])).toEqual(["CN=line"]);
    expect(chainOf("line", [named("site")])).toEqual(["CN=line", "CN=site"]);
  });

  test("goes on by name where nobody's key fits, for the proof to say so", () => {
    const chain = buildChain(named("site"), [namesake]);
    expect(chain.map(({ raw }) => raw)).toEqual([named("site").raw, namesake.raw]);
  });
});
