import { constants, hash, sign } from "node:crypto";
import type { SignerSource } from "./signer.ts";

/**
 * Signs the platform's verification code: over the UTF-8 octets of the text as it stands, with SHA-256
 * whatever the key, RSA by PKCS#1 v1.5 and ECDSA as DER. Base64 on one line, as
 * `openssl dgst -sha256 -sign key code.txt | openssl base64 -A` writes it.
 */
export function signVerificationCode(source: SignerSource, code: string): string {
  const octets = Buffer.from(code, "utf8");
  if (source.kind === "token")
    return source.key.signDigest("sha256", hash("sha256", octets, "buffer")).toString("base64");
  const { key } = source;
  const settings =
    key.asymmetricKeyType === "rsa"
      ? { key, padding: constants.RSA_PKCS1_PADDING }
      : { key, dsaEncoding: "der" as const };
  return sign("sha256", octets, settings).toString("base64");
}
