import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  derBitString,
  derBoolean,
  derContext,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derPrintableString,
  derSequence,
  derSetOf,
  derTime,
  derUtf8String,
} from "../../src/asn1/der.ts";

export const DAY_MS = 24 * 3_600_000;

export interface TestCa {
  readonly der: Buffer;
  readonly pem: string;
  readonly key: KeyObject;
}

export interface CaWish {
  readonly kind?: "ec" | "rsa";
  readonly commonName?: string;
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
  /** basicConstraints; default true. */
  readonly ca?: boolean;
  /** 1 leaves extensions out. */
  readonly version?: 1 | 3;
  readonly serial?: number;
}

/** A self-signed certificate, valid from yesterday for a year unless wished otherwise. */
export function makeCa(wish: CaWish = {}): TestCa {
  const kind = wish.kind ?? "ec";
  const { privateKey, publicKey } =
    kind === "ec"
      ? generateKeyPairSync("ec", { namedCurve: "prime256v1" })
      : generateKeyPairSync("rsa", { modulusLength: 2048 });
  const algorithm =
    kind === "ec"
      ? derSequence(derOid("1.2.840.10045.4.3.2"))
      : derSequence(derOid("1.2.840.113549.1.1.11"), derNull());
  const name = derSequence(
    derSetOf(derSequence(derOid("2.5.4.6"), derPrintableString("DE"))),
    derSetOf(derSequence(derOid("2.5.4.10"), derUtf8String("Acme"))),
    derSetOf(derSequence(derOid("2.5.4.3"), derUtf8String(wish.commonName ?? "Line 3"))),
  );
  const constraints = derSequence(
    derOid("2.5.29.19"),
    derBoolean(true),
    derOctetString(derSequence(...((wish.ca ?? true) ? [derBoolean(true)] : []))),
  );
  const v3 = (wish.version ?? 3) === 3;
  const tbs = derSequence(
    ...(v3 ? [derContext(0, derInteger(2))] : []),
    derInteger(wish.serial ?? 4096),
    algorithm,
    name,
    derSequence(
      derTime(wish.notBeforeMs ?? Date.now() - DAY_MS),
      derTime(wish.notAfterMs ?? Date.now() + 365 * DAY_MS),
    ),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    ...(v3 ? [derContext(3, derSequence(constraints))] : []),
  );
  const der = derSequence(tbs, algorithm, derBitString(sign("sha256", tbs, privateKey)));
  const lines = der.toString("base64").replace(/.{1,64}/g, "$&\n");
  return { der, pem: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`, key: privateKey };
}
