import { hash, pbkdf2Sync } from "node:crypto";
import { openEncryptedKeyWriter } from "../../src/keystore/encode-pem.ts";
import type { RandomOctets } from "../../src/keystore/random-pool.ts";
import { writeJksKeystore, writeJksTruststore } from "../../src/keystore/write-jks.ts";
import { openPkcs12Writer } from "../../src/keystore/write-pkcs12.ts";
import { openTruststoreWriter } from "../../src/keystore/write-truststore.ts";

/** What lotmint writes for a device under its password, and the bound of each: its key derivation and nothing else. */

export const FORMATS = [
  "PKCS#12 modern",
  "PKCS#12 legacy",
  "JKS",
  "encrypted PEM",
  "truststore PKCS#12",
  "truststore JKS",
] as const;
export type Format = (typeof FORMATS)[number];

/** One device, the same again and again: what is measured does not depend on which key it is. */
export interface Material {
  readonly pkcs8: Uint8Array;
  readonly certificate: Uint8Array;
  /** Issuer first, anchor last; the anchor is what a truststore holds. */
  readonly chain: readonly Uint8Array[];
}

export const ITERATIONS = 2048;
export const ALIAS = "devicekeyentry";
/** As many as lotmint makes side by side. */
const GROUP = 4;
export const PASSWORDS: readonly string[] = Array.from(
  { length: GROUP },
  (_, index) => `ABCDEFGHIJKLMNOPQRSTUVWXY${index}`,
);

/** Does some devices' work and returns how many they were. */
export type Step = () => number;

/** lotmint's own writers, in groups as the minting threads call them. */
export function openWriting(format: Format, material: Material, random: RandomOctets): Step {
  const { pkcs8, certificate, chain } = material;
  const entries = PASSWORDS.map((password) => ({ pkcs8, certificate, password }));
  const trusted = chain.slice(-1);
  const each =
    (write: (password: string) => unknown): Step =>
    () =>
      PASSWORDS.map(write).length;
  switch (format) {
    case "PKCS#12 modern":
    case "PKCS#12 legacy": {
      const recipe = format === "PKCS#12 modern" ? "modern" : "legacy";
      const write = openPkcs12Writer({ recipe, iterations: ITERATIONS, alias: ALIAS, chain }, random);
      return () => write(entries).length;
    }
    case "JKS": {
      const store = { alias: ALIAS, pkcs8, chain: [certificate, ...chain], createdAtMs: 0 };
      return each((password) => writeJksKeystore({ ...store, password }, random));
    }
    case "encrypted PEM": {
      const write = openEncryptedKeyWriter(ITERATIONS, random);
      return each((password) => write(pkcs8, password));
    }
    case "truststore PKCS#12": {
      const write = openTruststoreWriter({ recipe: "modern", iterations: ITERATIONS, certificates: trusted }, random);
      return () => write(PASSWORDS).length;
    }
    case "truststore JKS": {
      const certificates = trusted.map((anchor) => ({ alias: "server", certificate: anchor }));
      return each((password) => writeJksTruststore({ certificates, password, createdAtMs: 0 }));
    }
  }
}

/**
 * What no writer of the format that goes through Node's OpenSSL can leave out. A chain of the PKCS#12
 * derivation counts as one PBKDF2 of as many rounds over the same hash, since Node has no call for
 * the chain itself, and one `crypto.hash` a round costs about six times that.
 */
export function openBound(format: Format, material: Material): Step {
  const salt = Buffer.alloc(20, 7);
  const password = PASSWORDS[0] ?? "";
  const derive = (digest: "sha1" | "sha256", times: number): Step => {
    const octets = digest === "sha1" ? 20 : 32;
    return () => {
      for (let chain = 0; chain < times; chain++) pbkdf2Sync(password, salt, ITERATIONS, octets, digest);
      return 1;
    };
  };
  const wide = Buffer.from(password, "utf16le");
  const certificates = [material.certificate, ...material.chain];
  const whole = Buffer.concat([
    wide,
    ...(format === "JKS" ? [material.pkcs8, ...certificates] : certificates.slice(-1)),
  ]);
  switch (format) {
    case "PKCS#12 modern":
    case "truststore PKCS#12":
      // One key for all that is encrypted, one for the MAC.
      return derive("sha256", 2);
    case "PKCS#12 legacy":
      // Two chains for the key, one for the vector, one for the MAC.
      return derive("sha1", 4);
    case "encrypted PEM":
      return derive("sha256", 1);
    case "JKS": {
      const seed = Buffer.concat([wide, salt]);
      const checked = Buffer.concat([wide, material.pkcs8]);
      return () => {
        for (let octets = 0; octets < material.pkcs8.length; octets += 20) {
          hash("sha1", seed, "buffer").copy(seed, wide.length);
        }
        hash("sha1", checked, "buffer");
        hash("sha1", whole, "buffer");
        return 1;
      };
    }
    case "truststore JKS":
      return () => {
        hash("sha1", whole, "buffer");
        return 1;
      };
  }
}
