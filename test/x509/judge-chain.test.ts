import { spawnSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import {
  der,
  derContext,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
  derUtf8String,
  TAG,
} from "../../src/asn1/der.ts";
import { parseSubject } from "../../src/x509/distinguished-name.ts";
import { encodeExtension } from "../../src/x509/encode-certificate.ts";
import { chainWarnings, judgeChain } from "../../src/x509/judge-chain.ts";
import { encodeSubject } from "../../src/x509/name-der.ts";
import { writePem } from "../../src/x509/pem.ts";
import { type CertificateFields, EXTENSION } from "../../src/x509/read-certificate.ts";
import { keyIdOf } from "../../src/x509/subject-public-key.ts";
import { noOpenssl } from "../authority/authorities.ts";
import { type CertificateWish, chainKey, makeChain } from "../fixtures/make-chain.ts";

const NOW_MS = Date.UTC(2026, 5, 1);
const DAY_MS = 86_400_000;
const CLIENT = "1.3.6.1.5.5.7.3.2";
const SERVER = "1.3.6.1.5.5.7.3.1";
const ANY = "2.5.29.37.0";

const weakRsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey;
const goodRsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
const weakEc = generateKeyPairSync("ec", { namedCurve: "prime192v1" }).privateKey;
const keyId = (key: KeyObject) => keyIdOf(createPublicKey(key).export({ type: "spki", format: "der" }));

const ascii = (text: string) => Buffer.from(text, "latin1");
const dns = (text: string) => derContext(2, ascii(text), false);
const email = (text: string) => derContext(1, ascii(text), false);
const uri = (text: string) => derContext(6, ascii(text), false);
const ip = (...octets: number[]) => derContext(7, Buffer.from(octets), false);
const directory = (name: Buffer) => derContext(4, name);
const name = (text: string) => encodeSubject(parseSubject(text));
const subtree = (...parts: Buffer[]) => derSequence(...parts);

function names(permitted: readonly Buffer[], excluded: readonly Buffer[] = []): Buffer {
  const list = (number: number, bases: readonly Buffer[]) =>
    bases.length === 0 ? [] : [derContext(number, Buffer.concat(bases.map((base) => subtree(base))))];
  return encodeExtension(EXTENSION.nameConstraints, true, derSequence(...list(0, permitted), ...list(1, excluded)));
}

const san = (...list: Buffer[]) => encodeExtension(EXTENSION.subjectAltName, false, derSequence(...list));
const rdn = (oid: string, text: Buffer) => derSetOf(derSequence(derOid(oid), text));
const emailAttribute = (text: string) =>
  derSequence(rdn("1.2.840.113549.1.9.1", der(TAG.IA5_STRING, ascii(text))), rdn("2.5.4.3", derUtf8String("dev")));

/** Device, issuer, root; a missing one is good. `site` stands between issuer and root where it is there. */
interface Cell {
  readonly device?: CertificateWish;
  readonly issuer?: CertificateWish;
  readonly site?: CertificateWish;
  readonly root?: CertificateWish;
  /** What the message has to say of a chain that is refused. */
  readonly says?: RegExp;
}

const LIMITS = (...permitted: Buffer[]): CertificateWish => ({ more: [names(permitted)] });
const OPEN: CertificateWish = {};

const CELLS: Readonly<Record<string, Cell>> = {
  "a good chain": {},
  "a root alone above": { issuer: OPEN },
  "purposes: issuer for servers only": {
    issuer: { purposes: [SERVER] },
    says: /extension 2\.5\.29\.37\) lacks clientAuth/,
  },
  "purposes: issuer for clients": { issuer: { purposes: [SERVER, CLIENT] } },
  "purposes: issuer for any": { issuer: { purposes: [ANY] }, says: /clientAuth/ },
  "purposes: root for servers only": { root: { purposes: [SERVER] }, says: /root.* lacks clientAuth/ },
  "purposes: site for clients, issuer for servers": { site: { purposes: [CLIENT] }, issuer: { purposes: [SERVER] } },
  "purposes: device for servers only": { device: { purposes: [SERVER] } },
  "purposes: device for clients": { device: { purposes: [CLIENT] } },
  "usage: root without keyUsage": { root: { usages: null } },
  "usage: issuer without keyUsage": { issuer: { usages: null } },
  "usage: root without keyCertSign": { root: { usages: ["cRLSign"] }, says: /keyUsage keyCertSign/ },
  "usage: issuer without keyCertSign": { issuer: { usages: ["digitalSignature"] }, says: /keyUsage keyCertSign/ },
  "usage: device that may encipher only": { device: { usages: ["keyEncipherment"] }, says: /digitalSignature/ },
  "usage: device that may agree only": { device: { usages: ["keyAgreement"] } },
  "usage: device without keyUsage": { device: { usages: null } },
  "constraints: issuer is no CA": { issuer: { ca: false }, says: /basicConstraints CA:true/ },
  "constraints: root of version 1": { root: { version1: true } },
  "constraints: issuer of version 1": { issuer: { version1: true }, says: /basicConstraints/ },
  "constraints: root with keyUsage alone": { root: { ca: null } },
  "constraints: issuer with keyUsage alone": { issuer: { ca: null } },
  "constraints: root with neither": { root: { ca: null, usages: null } },
  "length: enough": { root: { pathLength: 1 }, issuer: { pathLength: 0 } },
  "length: one short": { root: { pathLength: 0 }, says: /allows 0 authorities/ },
  "length: one short at the site": { site: { pathLength: 0 } },
  "length: two needed": { site: OPEN, root: { pathLength: 2 } },
  "length: two needed, one given": { site: OPEN, root: { pathLength: 1 } },
  "critical: unknown at the root": {
    root: { more: [encodeExtension("1.2.3.4", true, derNull())] },
    says: /critical extension 1\.2\.3\.4/,
  },
  "critical: unknown at the issuer": { issuer: { more: [encodeExtension("1.2.3.4", true, derNull())] } },
  "critical: unknown at the device": { device: { more: [encodeExtension("1.2.3.4", true, derNull())] } },
  "critical: UUID OID": {
    issuer: { more: [encodeExtension("2.25.329800735698586629295641978511506172918", true, derNull())] },
    says: /2\.25\.329800735698586629295641978511506172918/,
  },
  "extension: unknown, not critical": {
    issuer: { more: [encodeExtension("2.25.329800735698586629295641978511506172918", false, derNull())] },
  },
  "critical: policies": {
    issuer: { more: [encodeExtension("2.5.29.32", true, derSequence(derSequence(derOid("2.5.29.32.0"))))] },
  },
  "critical: inhibitAnyPolicy": { issuer: { more: [encodeExtension("2.5.29.54", true, derInteger(0))] } },
  "critical: subject key identifier": {
    issuer: {
      subjectKeyId: null,
      more: [encodeExtension(EXTENSION.subjectKeyId, true, derOctetString(keyId(chainKey(1))))],
    },
  },
  "critical: issuer's alternative name": {
    issuer: { more: [encodeExtension("2.5.29.18", true, derSequence(dns("a.b")))] },
  },
  "critical: distribution points": {
    issuer: {
      more: [
        encodeExtension("2.5.29.31", true, derSequence(derSequence(derContext(0, derContext(0, uri("http://a.b/c")))))),
      ],
    },
  },
  "critical: subject's alternative name": {
    device: { more: [encodeExtension(EXTENSION.subjectAltName, true, derSequence(dns("a.b")))] },
  },
  "key id: another key of the root": {
    issuer: { authorityKeyId: derSequence(derContext(0, Buffer.alloc(20), false)) },
    says: /another key of its issuer.*2\.5\.29\.35/,
  },
  "key id: none": { issuer: { authorityKeyId: null } },
  "key id: root without one": { root: { subjectKeyId: null, authorityKeyId: null } },
  "key id: serial of the root": {
    issuer: {
      authorityKeyId: derSequence(
        derContext(1, directory(name("CN=root-key id: serial of the root"))),
        derContext(2, Buffer.from([9]), false),
      ),
    },
    root: { serial: 9 },
  },
  "key id: serial of a former root": {
    issuer: { authorityKeyId: derSequence(derContext(2, Buffer.from([7]), false)) },
    says: /another certificate of its issuer.*2\.5\.29\.35/,
  },
  "key id: issuer of a former root": {
    issuer: {
      authorityKeyId: derSequence(derContext(1, directory(name("CN=former"))), derContext(2, Buffer.from([3]), false)),
    },
    says: /another certificate/,
  },
  "key id: root that names a former self": {
    root: { authorityKeyId: derSequence(derContext(2, Buffer.from([7]), false)) },
  },
  "key id: device that names another": {
    device: { authorityKeyId: derSequence(derContext(0, Buffer.alloc(20), false)) },
  },
  "dates: root expired": { root: { notAfterMs: NOW_MS - DAY_MS / 2 }, says: /root.* expired/ },
  "dates: issuer not yet valid": { issuer: { notBeforeMs: NOW_MS + DAY_MS / 2 }, says: /not valid before/ },
  "dates: device expired": { device: { notAfterMs: NOW_MS - DAY_MS / 2 } },
  "strength: issuer signed with SHA-1": { issuer: { digest: "sha1" }, says: /signed with SHA-1/ },
  "strength: root signed with SHA-1": { root: { digest: "sha1" } },
  "strength: device signed with SHA-1": { device: { digest: "sha1" } },
  "strength: RSA and SHA-1 at the issuer": { root: { key: goodRsa }, issuer: { digest: "sha1" } },
  "strength: RSA and SHA-1 at the root": { root: { key: goodRsa, digest: "sha1" } },
  "strength: RSA and MD5 at the issuer": { root: { key: goodRsa }, issuer: { digest: "md5" }, says: /MD5/ },
  "strength: RSA-1024 root": { root: { key: weakRsa }, says: /1024 bits/ },
  "strength: RSA-1024 issuer": { issuer: { key: weakRsa } },
  "strength: RSA-1024 device": { device: { key: weakRsa } },
  "strength: RSA-2048 issuer": { issuer: { key: goodRsa } },
  "strength: P-192 root": { root: { key: weakEc }, says: /curve/ },
  "strength: SHA-384": { issuer: { digest: "sha384" } },
  "names: another string type and case": {
    root: { subjectDer: derSequence(rdn("2.5.4.3", derPrintableString("Acme  ROOT 1"))) },
    issuer: { issuerDer: derSequence(rdn("2.5.4.3", derUtf8String("acme root 1 "))) },
  },
  "names: another name": { issuer: { issuerDer: name("CN=somebody") }, says: /was issued by CN=somebody/ },
  "DN: permitted": {
    device: { subject: "O=Acme,CN=d" },
    issuer: { subject: "O=Acme,CN=issuer-DN: permitted" },
    root: LIMITS(directory(name("O=ACME"))),
  },
  "DN: not permitted for the device": {
    device: { subject: "O=Other,CN=d" },
    issuer: LIMITS(directory(name("O=Acme"))),
    says: /name O=Other,CN=d, which is not permitted.*2\.5\.29\.30/,
  },
  "DN: not permitted for the issuer": {
    device: { subject: "O=Acme,CN=d" },
    root: LIMITS(directory(name("O=Acme"))),
    says: /issuer/,
  },
  "DN: excluded": {
    device: { subject: "O=Acme,CN=d" },
    issuer: { more: [names([], [directory(name("O=Acme"))])] },
    says: /excluded/,
  },
  "DN: only the beginning of a word": {
    device: { subject: "O=Acme Ltd,CN=d" },
    issuer: LIMITS(directory(name("O=Acme"))),
  },
  "DN: of the issuer itself": {
    issuer: { ...LIMITS(directory(name("O=Acme"))) },
    device: { subject: "O=Acme,OU=x,CN=d" },
  },
  "DNS: CN that looks like none": { device: { subject: "CN=SN-0001" }, issuer: LIMITS(dns("acme.example")) },
  "DNS: CN within": { device: { subject: "CN=d1.acme.example" }, issuer: LIMITS(dns("acme.example")) },
  "DNS: CN outside": {
    device: { subject: "CN=d1.other.example" },
    issuer: LIMITS(dns("acme.example")),
    says: /DNS name d1\.other\.example/,
  },
  "DNS: CN is the base": { device: { subject: "CN=Acme.Example" }, issuer: LIMITS(dns("acme.example")) },
  "DNS: CN is the base, a dot wanted": { device: { subject: "CN=acme.example" }, issuer: LIMITS(dns(".acme.example")) },
  "DNS: CN with a common end": { device: { subject: "CN=d1.notacme.example" }, issuer: LIMITS(dns("notacme.example")) },
  "DNS: another word with a common end": {
    device: { subject: "CN=notacme.example" },
    issuer: LIMITS(dns("acme.example")),
  },
  "DNS: CN with an underscore": { device: { subject: "CN=d_1.other.example" }, issuer: LIMITS(dns("acme.example")) },
  "DNS: CN with hyphens at a dot": { device: { subject: "CN=d-.other.example" }, issuer: LIMITS(dns("acme.example")) },
  "DNS: CN with a blank": { device: { subject: "CN=d 1.other" }, issuer: LIMITS(dns("acme.example")) },
  "DNS: CN outside, alternative name within": {
    device: { subject: "CN=d1.other.example", more: [san(dns("d.acme.example"))] },
    issuer: LIMITS(dns("acme.example")),
  },
  "DNS: alternative name outside": {
    device: { more: [san(dns("d.other.example"))] },
    root: LIMITS(dns("acme.example")),
  },
  "DNS: excluded": {
    device: { more: [san(dns("d.acme.example"))] },
    root: { more: [names([], [dns("acme.example")])] },
  },
  "DNS: all excluded": { device: { more: [san(dns("d.acme.example"))] }, root: { more: [names([], [dns("")])] } },
  "DNS: all excluded, CN is none": { root: { more: [names([], [dns("")])] } },
  "DNS: permitted by one of two": { device: { more: [san(dns("d.b"))] }, root: LIMITS(dns("a"), dns("b")) },
  "e-mail: host": { device: { more: [san(email("x@Acme.example"))] }, issuer: LIMITS(email("acme.example")) },
  "e-mail: host below": {
    device: { more: [san(email("x@mail.acme.example"))] },
    issuer: LIMITS(email("acme.example")),
  },
  "e-mail: dot": { device: { more: [san(email("x@mail.acme.example"))] }, issuer: LIMITS(email(".acme.example")) },
  "e-mail: mailbox": { device: { more: [san(email("x@acme.example"))] }, issuer: LIMITS(email("x@ACME.example")) },
  "e-mail: another mailbox": {
    device: { more: [san(email("X@acme.example"))] },
    issuer: LIMITS(email("x@acme.example")),
    says: /e-mail/,
  },
  "e-mail: no mailbox": { device: { more: [san(email("acme.example"))] }, issuer: LIMITS(email("acme.example")) },
  "e-mail: in the subject, within": {
    device: { subjectDer: emailAttribute("d@acme.example") },
    issuer: LIMITS(email("acme.example")),
  },
  "e-mail: in the subject, outside": {
    device: { subjectDer: emailAttribute("d@other.example") },
    issuer: LIMITS(email("acme.example")),
  },
  "URI: host": { device: { more: [san(uri("https://acme.example:8443/x"))] }, issuer: LIMITS(uri("acme.example")) },
  "URI: host below": { device: { more: [san(uri("https://a.acme.example/x"))] }, issuer: LIMITS(uri("acme.example")) },
  "URI: dot": { device: { more: [san(uri("https://a.Acme.example"))] }, issuer: LIMITS(uri(".acme.example")) },
  "URI: urn": {
    device: { more: [san(uri("urn:acme:1"))] },
    issuer: LIMITS(uri("acme.example")),
    says: /cannot be compared/,
  },
  "URI: urn, nothing constrained": { device: { more: [san(uri("urn:acme:1"))] }, issuer: LIMITS(dns("acme.example")) },
  "IP: within": { device: { more: [san(ip(10, 1, 2, 3))] }, issuer: LIMITS(ip(10, 0, 0, 0, 255, 0, 0, 0)) },
  "IP: outside": {
    device: { more: [san(ip(11, 1, 2, 3))] },
    issuer: LIMITS(ip(10, 0, 0, 0, 255, 0, 0, 0)),
    says: /11\.1\.2\.3/,
  },
  "IP: of another version": {
    device: { more: [san(ip(...Buffer.alloc(16)))] },
    issuer: LIMITS(ip(10, 0, 0, 0, 255, 0, 0, 0)),
  },
  "IP: excluded": {
    device: { more: [san(ip(10, 1, 2, 3))] },
    issuer: { more: [names([], [ip(0, 0, 0, 0, 0, 0, 0, 0)])] },
  },
  "names: a minimum": {
    device: { more: [san(dns("a.b"))] },
    issuer: {
      more: [
        encodeExtension(
          EXTENSION.nameConstraints,
          true,
          derSequence(derContext(0, derSequence(dns("b"), derContext(0, Buffer.from([1]), false)))),
        ),
      ],
    },
    says: /minimum/,
  },
  "names: constraint not critical": {
    device: { subject: "CN=a.b" },
    issuer: {
      more: [encodeExtension(EXTENSION.nameConstraints, false, derSequence(derContext(0, derSequence(dns("c")))))],
    },
  },
};

/** The cell's own names, so that all can be verified in one go. */
function chainOf(title: string, { device = {}, issuer = {}, site, root = {} }: Cell): readonly CertificateFields[] {
  const named = (wish: CertificateWish, place: string): CertificateWish =>
    wish.subject === undefined && wish.subjectDer === undefined
      ? { ...wish, subject: `CN=${place}-${title}`.replaceAll(/[,+"\\<>;=#](?<!^CN=)/g, "").slice(0, 60) }
      : wish;
  const wishes = [
    named(device, "device"),
    named(issuer, "issuer"),
    ...(site === undefined ? [] : [named(site, "site")]),
    named(root, "root"),
  ];
  return makeChain(wishes, NOW_MS);
}

const folder = mkdtempSync(join(tmpdir(), "lotmint-judge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What one `openssl verify` says of all devices: titles of the chains that it takes. */
function takenByOpenssl(chains: ReadonlyMap<string, readonly CertificateFields[]>): ReadonlySet<string> {
  const pem = (list: readonly (CertificateFields | undefined)[]) =>
    list.map((one) => (one === undefined ? "" : writePem("CERTIFICATE", one.raw))).join("");
  const all = [...chains.values()];
  writeFileSync(join(folder, "roots.pem"), pem(all.map((chain) => chain.at(-1))));
  writeFileSync(join(folder, "between.pem"), pem(all.flatMap((chain) => chain.slice(1, -1))));
  const titles = [...chains.keys()];
  for (const [index, chain] of all.entries()) writeFileSync(join(folder, `${index}.pem`), pem(chain.slice(0, 1)));
  const { stdout, error } = spawnSync(
    "openssl",
    [
      ...["verify", "-purpose", "sslclient", "-auth_level", "2", "-attime", String(NOW_MS / 1000)],
      ...["-CAfile", "roots.pem", "-untrusted", "between.pem", ...titles.map((_, index) => `${index}.pem`)],
    ],
    { cwd: folder, encoding: "utf8" },
  );
  if (error !== undefined) throw error;
  return new Set([...stdout.matchAll(/^(\d+)\.pem: OK$/gm)].map(([, index]) => titles[Number(index)] ?? ""));
}

const chains = new Map(Object.entries(CELLS).map(([title, cell]) => [title, chainOf(title, cell)]));
const judge = (chain: readonly CertificateFields[], begins: "device" | "issuer" = "device") =>
  judgeChain(chain, { nowMs: NOW_MS, begins, ends: "root" });

describe.skipIf(noOpenssl)("what openssl verify says of a chain (skipped without openssl)", () => {
  const taken = noOpenssl ? new Set() : takenByOpenssl(chains);

  test("it takes some and refuses some", () => {
    expect(taken.size).toBeGreaterThan(30);
    expect(taken.size).toBeLessThan(chains.size - 30);
  });

  test.each(Object.keys(CELLS))("is what the judge says: %s", (title) => {
    const problem = judge(chains.get(title) ?? [])?.message;
    expect({ taken: taken.has(title), problem }).toEqual({ taken: problem === undefined, problem });
  });
});

describe("judgeChain", () => {
  test.each(Object.entries(CELLS).flatMap(([title, { says }]) => (says === undefined ? [] : [[title, says] as const])))(
    "says what is wrong: %s",
    (title, says) => {
      expect(judge(chains.get(title) ?? [])?.message).toMatch(says);
    },
  );

  test("judges an issuer without a device below it, as one with a good device", () => {
    for (const [title, cell] of Object.entries(CELLS)) {
      if (cell.device !== undefined) continue;
      const chain = chains.get(title) ?? [];
      expect(judge(chain.slice(1), "issuer")?.message, title).toBe(judge(chain)?.message);
    }
  });

  test("takes a trusted certificate that is no root, whatever signed it", () => {
    const [device, issuer] = chains.get("strength: issuer signed with SHA-1") ?? [];
    if (device === undefined || issuer === undefined) throw new Error("no chain");
    expect(judgeChain([device, issuer], { nowMs: NOW_MS, begins: "device", ends: "trusted" })).toBeUndefined();
  });

  test("warns of a root without keyUsage, and of nothing in a good chain", () => {
    expect(chainWarnings(chains.get("usage: root without keyUsage")?.slice(1) ?? [])).toEqual([
      expect.stringContaining("has no keyUsage"),
    ]);
    expect(chainWarnings(chains.get("a good chain")?.slice(1) ?? [])).toEqual([]);
  });
});
