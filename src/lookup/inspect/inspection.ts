import type { Receipt } from "../../domain/receipt.ts";

/** What is in a file, as `lotmint inspect --json` tells it. Nothing in it is a secret. */
export interface Inspection {
  readonly kind:
    | "certificate"
    | "chain"
    | "request"
    | "crl"
    | "key"
    | "pkcs12"
    | "jks"
    | "truststore"
    | "pkcs7"
    | "receipt";
  /** How it is written, for people: "PEM", "DER", "PKCS#12, MAC with SHA-256". */
  readonly format: string;
  readonly entries: readonly InspectedEntry[];
  /** Of a receipt: all that it says, unverified. */
  readonly receipt?: Receipt;
  /** Of PKCS#7 that is a detached signature as receipts have it. */
  readonly signature?: InspectedSignature;
  /** What keeps it from being read whole; absent where nothing does. */
  readonly problem?: { readonly kind: "password-needed" | "password-wrong" | "unsupported"; readonly message: string };
  /** What somebody who relies on the file should know. */
  readonly notes?: readonly string[];
}

export interface InspectedSignature {
  /** As `CN=…,O=…`. */
  readonly signer: string;
  readonly signedAt: string;
  readonly digest: "sha256" | "sha384";
  /** The digest of the content that is signed, lower-case hex. */
  readonly messageDigest: string;
}

export interface InspectedEntry {
  readonly alias?: string;
  readonly kind: "key" | "trusted" | "certificate" | "request" | "crl";
  /** The entry's certificate first, then its issuers as they stand in the file. */
  readonly chain: readonly InspectedCertificate[];
  /** Of a request and a list: the DER names in words. */
  readonly subject?: string;
  readonly issuer?: string;
  /** Of a key and a request; null where the key is encrypted and was not opened. */
  readonly keyAlgorithm?: string | null;
  readonly publicKeySha256?: string;
  /** Of a key. */
  readonly encrypted?: boolean;
  /** Of a key: false for a public one. */
  readonly private?: boolean;
  readonly signatureAlgorithm?: string;
  /** What a request asks for, and what a revocation list has. */
  readonly extensions?: readonly InspectedExtension[];
  /** Of a revocation list: its number in decimal; null where it has none. */
  readonly number?: string | null;
  readonly thisUpdate?: string;
  readonly nextUpdate?: string | null;
  /** How many certificates it revokes. */
  readonly revoked?: number;
  /** When it was put into a Java keystore. */
  readonly createdAt?: string;
}

export interface InspectedCertificate {
  /** As `CN=…,O=…`. */
  readonly subject: string;
  readonly issuer: string;
  /** Lower-case hex; with a minus sign for a negative one. */
  readonly serialNumber: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Of the DER certificate, lower-case hex. */
  readonly sha256: string;
  readonly sha1: string;
  /** 1 to 3. */
  readonly version: number;
  /** ec-p256, rsa-2048, ed25519 … */
  readonly keyAlgorithm: string;
  /** SHA-256 of the SubjectPublicKeyInfo, by which `lotmint device --public-key` finds a device. */
  readonly publicKeySha256: string;
  /** By the name that OpenSSL has for it, else dotted. */
  readonly signatureAlgorithm: string;
  readonly extensions: readonly InspectedExtension[];
}

export interface InspectedExtension {
  readonly oid: string;
  /** RFC 5280's name; dotted for one that is not known here. */
  readonly name: string;
  readonly critical: boolean;
  /** In words, as OpenSSL puts them; of an unknown one the DER in hex. */
  readonly value: string;
}
