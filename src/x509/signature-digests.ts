/**
 * Signature algorithms that have one key type each and no parameters that change the result, by object identifier, with
 * SHA-256 or stronger (RFC 8017, A.2.4; RFC 5758, 3.2). The digest is named as OpenSSL names it.
 */
export const SIGNATURE_DIGESTS: Readonly<Record<string, { readonly key: "ec" | "rsa"; readonly digest: string }>> = {
  "1.2.840.113549.1.1.11": { key: "rsa", digest: "sha256" },
  "1.2.840.113549.1.1.12": { key: "rsa", digest: "sha384" },
  "1.2.840.113549.1.1.13": { key: "rsa", digest: "sha512" },
  "1.2.840.10045.4.3.2": { key: "ec", digest: "sha256" },
  "1.2.840.10045.4.3.3": { key: "ec", digest: "sha384" },
  "1.2.840.10045.4.3.4": { key: "ec", digest: "sha512" },
};
