import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { KeyAlgorithm } from "../domain/certificate.ts";

const generate = promisify(generateKeyPair);

export interface AuthorityKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A new key pair from the system's generator, inside OpenSSL. */
export async function generateKey(algorithm: KeyAlgorithm): Promise<AuthorityKeyPair> {
  switch (algorithm) {
    case "ec-p256":
      return generate("ec", { namedCurve: "P-256" });
    case "ec-p384":
      return generate("ec", { namedCurve: "P-384" });
    case "rsa-2048":
    case "rsa-3072":
    case "rsa-4096":
      return generate("rsa", { modulusLength: Number(algorithm.slice(4)) });
  }
}

/** Which of lotmint's key types a public or private key is; undefined for any other. */
export function keyAlgorithmOf(key: KeyObject): KeyAlgorithm | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case "ec":
      return namedCurve === "prime256v1" ? "ec-p256" : namedCurve === "secp384r1" ? "ec-p384" : undefined;
    case "rsa":
      return modulusLength === 2048 || modulusLength === 3072 || modulusLength === 4096
        ? `rsa-${modulusLength}`
        : undefined;
    default:
      return undefined;
  }
}

/** A key's type as text, for messages about one that cannot be used. */
export function describeKey(key: KeyObject): string {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const type = key.asymmetricKeyType ?? "unknown";
  return [type, namedCurve ?? modulusLength].filter((word) => word !== undefined).join(" ");
}
