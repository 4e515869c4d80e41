import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { writePem } from "../../../src/x509/pem.ts";
import { makeChain } from "../../fixtures/make-chain.ts";
import { DAY_MS, makeCa } from "../make-ca.ts";
import { bodyOf, CERTIFICATES, messageOf, mountSandbox } from "../mount-sandbox.ts";

const ec = makeCa({ serial: 0xabcdef });
const rsa = makeCa({ kind: "rsa", commonName: "Line RSA" });
const fingerprint = sha1(ec.der);

function upload(pem: string, more: object = {}) {
  return { certInPemFormat: pem, status: "ENABLED", ...more };
}

describe("upload", () => {
  test("the answer shows the certificate with exactly the fields of the API text", () => {
    const { ask } = mountSandbox();
    const answer = ask("POST", CERTIFICATES, {
      body: upload(ec.pem, { name: "Line 3", autoRegistrationEnabled: true }),
    });
    expect(answer.status).toBe(201);
    expect(answer.headers["content-type"]).toBe("application/json");
    const body = bodyOf(answer);
    expect(body).toEqual({
      algorithmName: "SHA256withECDSA",
      autoRegistrationEnabled: true,
      certInPemFormat: expect.stringMatching(/^([A-Za-z0-9+/=]{1,64}\n)+$/),
      fingerprint,
      issuer: "CN=Line 3, O=Acme, C=DE",
      name: "Line 3",
      notAfter: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      notBefore: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      proofOfPossessionUnsignedVerificationCode: expect.stringMatching(/^[A-Za-z0-9+/]{160}$/),
      proofOfPossessionValid: false,
      proofOfPossessionVerificationCodeUsableUntil: expect.stringMatching(/Z$/),
      self: `https://sandbox.test${CERTIFICATES}/${fingerprint}`,
      serialNumber: String(0xabcdef),
      status: "ENABLED",
      subject: "CN=Line 3, O=Acme, C=DE",
      tenantCertificateAuthority: false,
      version: 3,
    });
    expect(Buffer.from(String(body["certInPemFormat"]), "base64").equals(ec.der)).toBe(true);
  });

  test("a negative serial number, which some tools make, is shown as one", () => {
    const [, , root] = makeChain([{}, {}, { subject: "CN=odd", serial: Buffer.from("80", "hex") }], Date.now());
    const pem = writePem("CERTIFICATE", root?.raw ?? Buffer.alloc(0));
    expect(bodyOf(mountSandbox().ask("POST", CERTIFICATES, { body: upload(pem) }))["serialNumber"]).toBe("-128");
  });

  test("the defaults are no auto registration and no name, and RSA goes by its Java name", () => {
    const body = bodyOf(mountSandbox().ask("POST", CERTIFICATES, { body: upload(rsa.pem) }));
    expect(body).toMatchObject({ algorithmName: "SHA256withRSA", autoRegistrationEnabled: false, name: "" });
  });

  test.each([
    ["bare base64", ec.der.toString("base64")],
    ["CRLF", ec.pem.replaceAll("\n", "\r\n")],
    ["indented lines", ec.pem.replaceAll("\n", "\n  ")],
  ])("%s is taken", (_, pem) => {
    expect(bodyOf(mountSandbox().ask("POST", CERTIFICATES, { body: upload(pem) }))["fingerprint"]).toBe(fingerprint);
  });

  test.each([
    ["an unknown field", upload(ec.pem, { autoRegistration: true }), "Field 'autoRegistration' is not allowed"],
    ["a read-only field", upload(ec.pem, { fingerprint }), "Field 'fingerprint' is not allowed"],
    ["the text true", upload(ec.pem, { autoRegistrationEnabled: "true" }), "must be a boolean"],
    ["an unknown status", upload(ec.pem, { status: "ACTIVE" }), "ENABLED or DISABLED"],
    ["no status", { certInPemFormat: ec.pem }, "status must be given"],
    ["no certificate", { status: "ENABLED" }, "certInPemFormat must be a text"],
    ["a name that is no text", upload(ec.pem, { name: 3 }), "name must be a text"],
    ["no PEM", upload("hello world"), "Cannot parse X509 certificate. : Could not parse certificate"],
    ["base64 of something else", upload("aGVsbG8gd29ybGQh"), "Cannot parse X509 certificate. :"],
    ["a chain", upload(ec.pem + rsa.pem), "more than one certificate"],
    ["a device's certificate", upload(makeCa({ ca: false }).pem), "CA:true"],
    ["an old version", upload(makeCa({ version: 1 }).pem), "version 1"],
    ["an expired one", upload(makeCa({ notAfterMs: Date.now() - 1000 }).pem), "expired"],
    ["one of tomorrow", upload(makeCa({ notBeforeMs: Date.now() + DAY_MS }).pem), "not yet valid"],
    ["an array", [], "must be a JSON object"],
  ])("%s is a 422", (_, body, reason) => {
    const { state, ask } = mountSandbox();
    const answer = ask("POST", CERTIFICATES, { body });
    expect(answer.status).toBe(422);
    expect(messageOf(answer)).toContain(reason);
    expect(state.certificates.size).toBe(0);
  });

  test("one of tomorrow may wait DISABLED, and cannot be enabled before its time", () => {
    const { ask } = mountSandbox();
    const later = makeCa({ notBeforeMs: Date.now() + DAY_MS });
    expect(ask("POST", CERTIFICATES, { body: upload(later.pem, { status: "DISABLED" }) }).status).toBe(201);
    const answer = ask("PUT", `${CERTIFICATES}/${sha1(later.der)}`, { body: { status: "ENABLED" } });
    expect([answer.status, messageOf(answer)]).toEqual([
      422,
      "Can not activate a certificate which is either expired or not yet valid",
    ]);
  });

  test("a body that is not JSON is a 422, one that does not say to be JSON a 415", () => {
    const { ask } = mountSandbox();
    const typed = { "content-type": "application/json; charset=utf-8" };
    expect(ask("POST", CERTIFICATES, { headers: typed, body: "{" }).status).toBe(422);
    expect(ask("POST", CERTIFICATES, { body: JSON.stringify(upload(ec.pem)) }).status).toBe(415);
    expect(ask("POST", CERTIFICATES, { headers: typed, body: JSON.stringify(upload(ec.pem)) }).status).toBe(201);
  });

  test("a second upload is a 409, and one that another tenant holds is a 409 here and a 404 to read", () => {
    const { state, ask } = mountSandbox();
    ask("POST", CERTIFICATES, { body: upload(ec.pem) });
    const again = ask("POST", CERTIFICATES, { body: upload(ec.pem) });
    expect(again.status).toBe(409);
    expect(messageOf(again)).toContain(`certificate with ${fingerprint} fingerprint already exists`);
    state.foreignFingerprints.add(sha1(rsa.der));
    expect(ask("POST", CERTIFICATES, { body: upload(rsa.pem) }).status).toBe(409);
    expect(ask("GET", `${CERTIFICATES}/${sha1(rsa.der)}`).status).toBe(404);
  });

  test("addToTrustStore must be true or false", () => {
    const { ask } = mountSandbox();
    expect(ask("POST", `${CERTIFICATES}?addToTrustStore=yes`, { body: upload(ec.pem) }).status).toBe(422);
    expect(ask("POST", `${CERTIFICATES}?addToTrustStore=true`, { body: upload(ec.pem) }).status).toBe(201);
  });
});

describe("bulk upload", () => {
  test("all of a list are taken", () => {
    const { state, ask } = mountSandbox();
    const answer = ask("POST", `${CERTIFICATES}/bulk`, { body: { certificates: [upload(ec.pem), upload(rsa.pem)] } });
    expect(answer.status).toBe(201);
    expect(bodyOf(answer)["certificates"]).toMatchObject([{ fingerprint }, { fingerprint: sha1(rsa.der) }]);
    expect(state.certificates.size).toBe(2);
  });

  test.each([
    ["a bad one", 422, { certificates: [upload(ec.pem), upload("nonsense")] }],
    ["one twice", 409, { certificates: [upload(ec.pem), upload(ec.pem)] }],
    ["no list", 422, upload(ec.pem)],
    ["a list of another form", 422, { certificates: ec.pem }],
  ])("with %s it takes none", (_, status, body) => {
    const { state, ask } = mountSandbox();
    expect(ask("POST", `${CERTIFICATES}/bulk`, { body }).status).toBe(status);
    expect(state.certificates.size).toBe(0);
  });
});

describe("list", () => {
  function withCertificates(count: number) {
    const sandbox = mountSandbox();
    for (let index = 0; index < count; index++) {
      sandbox.ask("POST", CERTIFICATES, { body: upload(makeCa().pem, { name: `ca ${index}` }) });
    }
    const names = (target: string) =>
      (bodyOf(sandbox.ask("GET", target))["certificates"] as { name: string }[]).map(({ name }) => name);
    return { ...sandbox, names };
  }

  test("a page has 5 unless asked otherwise, and next leads through all of them", () => {
    const { ask, names } = withCertificates(7);
    const first = bodyOf(ask("GET", CERTIFICATES));
    expect(Object.keys(first).sort()).toEqual(["certificates", "next", "self", "statistics"]);
    expect(first["statistics"]).toEqual({ currentPage: 1, pageSize: 5 });
    expect(names(CERTIFICATES)).toEqual(["ca 0", "ca 1", "ca 2", "ca 3", "ca 4"]);
    const next = new URL(String(first["next"]));
    expect(next.origin).toBe("https://sandbox.test");
    expect(names(next.pathname + next.search)).toEqual(["ca 5", "ca 6"]);
    const second = bodyOf(ask("GET", next.pathname + next.search));
    expect(Object.keys(second).sort()).toEqual(["certificates", "prev", "self", "statistics"]);
    expect(second["prev"]).toBe(`https://sandbox.test${CERTIFICATES}?pageSize=5&currentPage=1`);
  });

  test("next stands on a full last page too and leads to an empty one", () => {
    const { ask, names } = withCertificates(2);
    const next = new URL(String(bodyOf(ask("GET", `${CERTIFICATES}?pageSize=2`))["next"]));
    expect(names(next.pathname + next.search)).toEqual([]);
  });

  test("totals are told only when asked for, and a filter for the tenant's own authority finds none", () => {
    const { ask, names } = withCertificates(3);
    const answer = bodyOf(ask("GET", `${CERTIFICATES}?pageSize=2&withTotalElements=true&withTotalPages=true`));
    expect(answer["statistics"]).toEqual({ currentPage: 1, pageSize: 2, totalElements: 3, totalPages: 2 });
    expect(names(`${CERTIFICATES}?certificateAuthority=true`)).toEqual([]);
  });

  test.each(["pageSize=0", "pageSize=2001", "pageSize=ten", "currentPage=0", "withTotalPages=1"])(
    "%s is a 422",
    (query) => {
      expect(mountSandbox().ask("GET", `${CERTIFICATES}?${query}`).status).toBe(422);
    },
  );
});

describe("one certificate", () => {
  const path = `${CERTIFICATES}/${fingerprint}`;

  test("it is read, changed in its three fields, and deleted", () => {
    const { ask } = mountSandbox();
    ask("POST", CERTIFICATES, { body: upload(ec.pem) });
    expect(bodyOf(ask("GET", path))["status"]).toBe("ENABLED");
    const change = { name: "Line 4", status: "DISABLED", autoRegistrationEnabled: true };
    expect(bodyOf(ask("PUT", path, { body: change }))).toMatchObject(change);
    expect(bodyOf(ask("GET", path))).toMatchObject(change);
    const gone = ask("DELETE", path);
    expect([gone.status, gone.body.length]).toEqual([204, 0]);
    for (const method of ["GET", "DELETE"]) {
      const answer = ask(method, path);
      expect([answer.status, messageOf(answer)]).toEqual([
        404,
        `Cannot find certificate with fingerprint ${fingerprint}.`,
      ]);
    }
  });

  test.each([
    { certInPemFormat: ec.pem },
    { proofOfPossessionValid: true },
    { status: "OFF" },
    { autoRegistrationEnabled: "false" },
  ])("a change of %o is a 422", (body) => {
    const { ask } = mountSandbox();
    ask("POST", CERTIFICATES, { body: upload(ec.pem) });
    const before = ask("GET", path).body.toString();
    expect(ask("PUT", path, { body }).status).toBe(422);
    expect(ask("GET", path).body.toString()).toBe(before);
  });
});

function sha1(der: Buffer): string {
  return createHash("sha1").update(der).digest("hex");
}
