import { describe, expect, test } from "vitest";
import { fitsText, parsePkcs11Uri, withObject } from "../../../src/authority/hsm/pkcs11-uri.ts";
import { OnboardingError } from "../../../src/domain/error.ts";

describe("parsePkcs11Uri", () => {
  test("reads every attribute that names a token, a slot, a library or a key", () => {
    const uri = parsePkcs11Uri(
      "PKCS11:token=The%20Line;manufacturer=Snake+Oil,%20Inc.;model=1.0;serial=DECC0401648;object=my-key;id=%69%95%00%fc;type=private;" +
        "slot-id=327;slot-manufacturer=A;slot-description=B%3b;library-manufacturer=C;library-description=D;library-version=3",
    );
    expect(uri).toMatchObject({
      token: { label: "The Line", manufacturer: "Snake+Oil, Inc.", model: "1.0", serial: "DECC0401648" },
      slot: { id: 327n, manufacturer: "A", description: "B;" },
      library: { manufacturer: "C", description: "D", version: "3.0" },
      object: { label: "my-key", id: Buffer.of(0x69, 0x95, 0, 0xfc) },
    });
  });

  test("a URI without attributes leaves everything open", () => {
    expect(parsePkcs11Uri("pkcs11:")).toMatchObject({ token: {}, slot: {}, library: {}, object: {} });
  });

  test("text that is no ASCII comes percent-encoded as UTF-8", () => {
    expect(parsePkcs11Uri("pkcs11:token=St%C3%BCck").token.label).toBe("Stück");
  });

  test.each([
    ["another scheme", "https://example.com", /does not begin with "pkcs11:"/],
    ["an attribute without a value", "pkcs11:token", /"token" has no "="/],
    ["an attribute twice", "pkcs11:token=a;token=b", /gives token twice/],
    ["an attribute that nobody knows", "pkcs11:tokem=a", /"tokem" is no attribute/],
    ["a name that every object has", "pkcs11:constructor=a", /"constructor" is no attribute/],
    ["a vendor's attribute", "pkcs11:x-acme-card=1", /is no attribute/],
    ["a blank", "pkcs11:token=a b", /percent-encoded/],
    ["a broken percent sign", "pkcs11:token=a%2", /percent-encoded/],
    ["octets that are no UTF-8", "pkcs11:token=%ff", /no UTF-8/],
    ["an empty id", "pkcs11:id=", /id is empty/],
    ["a slot that is no number", "pkcs11:slot-id=0x1", /slot-id is no decimal number/],
    ["a public key", "pkcs11:object=a;type=public", /type is not private/],
    ["a library version of no form", "pkcs11:library-version=a", /library-version is no version/],
    ["a module", "pkcs11:token=a?module-path=/x.so", /name the module in lotmint\.yaml/],
    ["another query", "pkcs11:token=a?x=1", /with a query/],
  ])("refuses %s", (_, text, message) => {
    expect(() => parsePkcs11Uri(text)).toThrow(message);
    expect(() => parsePkcs11Uri(text)).toThrow(OnboardingError);
  });

  test.each([
    ["in the query", "pkcs11:token=a?pin-value=4711"],
    ["in the path", "pkcs11:token=a;pin-value=4711"],
    ["from a file", "pkcs11:token=a?pin-source=file:4711"],
    ["beside an error", "pkcs11:tokem=a;pin-value=4711"],
  ])("refuses a PIN %s, names LOTMINT_HSM_PIN where it is the cause, and repeats no value", (_, text) => {
    let message = "";
    try {
      parsePkcs11Uri(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/LOTMINT_HSM_PIN|no attribute/);
    expect(message).not.toContain("4711");
  });
});

test("texts of a token are compared without the blanks that pad them", () => {
  expect(fitsText("line", "line                            ")).toBe(true);
  expect(fitsText("lin", "line    ")).toBe(false);
  expect(fitsText(undefined, "line")).toBe(true);
});

test("a URI that names no key gets the authority's name as label, percent-encoded", () => {
  expect(withObject(parsePkcs11Uri("pkcs11:token=a"), "line-3").text).toBe("pkcs11:token=a;object=line-3");
  expect(withObject(parsePkcs11Uri("pkcs11:"), "a b").text).toBe("pkcs11:object=a%20b");
  expect(withObject(parsePkcs11Uri("pkcs11:id=%01"), "a").text).toBe("pkcs11:id=%01");
});
