import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { derContext, derSequence } from "../../src/asn1/der.ts";
import {
  constrainingAuthorities,
  refuseConstrainedName,
  subjectConstraintProblem,
} from "../../src/authority/constrained-names.ts";
import { readAuthority } from "../../src/authority/load-authority.ts";
import { authorityLayout, type Home } from "../../src/disk/layout.ts";
import { parseSubject } from "../../src/x509/distinguished-name.ts";
import { encodeExtension } from "../../src/x509/encode-certificate.ts";
import { encodeSubject } from "../../src/x509/name-der.ts";
import { writePem } from "../../src/x509/pem.ts";
import { EXTENSION } from "../../src/x509/read-certificate.ts";
import { type CertificateWish, makeChain } from "../fixtures/make-chain.ts";
import { errorOf, NOW_MS, temporaryHome } from "./authorities.ts";

const home = temporaryHome();
afterAll(() => home[Symbol.dispose]());

const hosts = (text: string) =>
  encodeExtension(
    EXTENSION.nameConstraints,
    true,
    derSequence(derContext(0, derSequence(derContext(2, Buffer.from(text), false)))),
  );

const directory = (name: string) =>
  encodeExtension(
    EXTENSION.nameConstraints,
    true,
    derSequence(derContext(0, derSequence(derContext(4, encodeSubject(parseSubject(name)))))),
  );

/** An authority's folder, as an earlier import has left it, without its key. */
function place(where: Home, name: string, issuer: CertificateWish): void {
  const [, own, root] = makeChain([{}, { subject: `CN=${name}`, ...issuer }, { subject: "CN=root" }], NOW_MS);
  if (own === undefined || root === undefined) throw new Error("no chain");
  const layout = authorityLayout(where, name);
  mkdirSync(layout.folder, { recursive: true });
  writeFileSync(layout.certificate, writePem("CERTIFICATE", own.raw));
  writeFileSync(layout.chain, writePem("CERTIFICATE", own.raw) + writePem("CERTIFICATE", root.raw));
}

test("finds the authorities of a chain that constrain names, and none where nothing can be read", () => {
  place(home, "free", {});
  place(home, "line", { more: [hosts("acme.example")] });
  place(home, "odd", { more: [encodeExtension(EXTENSION.nameConstraints, true, Buffer.from("0401", "hex"))] });
  expect(constrainingAuthorities(home, "free")).toEqual([]);
  expect(constrainingAuthorities(home, "line")).toHaveLength(1);
  expect(constrainingAuthorities(home, "odd")).toEqual([]);
  expect(constrainingAuthorities(home, "nobody")).toEqual([]);
});

test("an authority below one that constrains names has to fit in", async () => {
  place(home, "strict", { more: [directory("O=Acme")] });
  const { chainDer } = readAuthority(home, "strict");
  const refuse = (subject: string) => () =>
    refuseConstrainedName(encodeSubject(parseSubject(subject)), { name: "strict", chainDer });
  expect(refuse("O=Acme,CN=line")).not.toThrow();
  const error = await errorOf(refuse("O=Other,CN=line"));
  expect([error.code, error.message]).toEqual([
    "issuer-unusable",
    expect.stringMatching(/O=Other,CN=line.*2\.5\.29\.30/),
  ]);
});

test("says which name of a subject breaks which constraint, with its extension", () => {
  place(home, "site", { more: [hosts("acme.example")] });
  const constraining = constrainingAuthorities(home, "site");
  const problem = (subject: string) => subjectConstraintProblem(parseSubject(subject), constraining);
  expect(problem("O=Acme,CN=d1.acme.example")).toBeUndefined();
  expect(problem("O=Acme,CN=SN-0001")).toBeUndefined();
  expect(problem("O=Acme,CN=d1.other.example")).toBe(
    "its certificate has the DNS name d1.other.example, which is not permitted by CN=site (nameConstraints, extension 2.5.29.30)",
  );
});
