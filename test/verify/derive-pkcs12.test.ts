import { expect, test } from "vitest";
import { derivePkcs12, passwordOctets } from "../../src/verify/derive-pkcs12.ts";
import { runAlone } from "../../src/verify/steps.ts";

// The vectors of the "smeg" and "queeg" series that OpenSSL's and Bouncy Castle's tests use.
test.each([
  ["smeg", "0a58cf64530d823f", 1, 1, 24, "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"],
  ["smeg", "0a58cf64530d823f", 2, 1, 8, "79993dfe048d3b76"],
  ["queeg", "05dec959acff72f7", 1, 1000, 24, "ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4"],
  ["queeg", "05dec959acff72f7", 2, 1000, 8, "11dedad7758d4860"],
  ["queeg", "263216fcc2fab31c", 3, 1000, 20, "5ec4c7a80df652294c3925b6489a7ab857c83476"],
] as const)(
  "the classic derivation from %s and %s for %d gives the known octets",
  (password, salt, purpose, rounds, length, expected) => {
    const octets = passwordOctets(password);
    const derived = runAlone(derivePkcs12("sha1", octets, Buffer.from(salt, "hex"), rounds, purpose, length));
    expect(derived.toString("hex")).toBe(expected);
  },
);
