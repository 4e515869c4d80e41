import { type LeafTemplate, signLeaf } from "../authority/leaf/leaf-template.ts";
import type { Signer } from "../authority/signer.ts";
import type { SerialNumber, Subject } from "../domain/certificate.ts";
import type { KeystoreAliases } from "../domain/device.ts";
import type { MakeKeyPair } from "./key-pair.ts";

/** A device whose serial number stands in the ledger. */
export interface DeviceToMint {
  readonly externalId: string;
  readonly serialNumber: SerialNumber;
  /** With CN. */
  readonly subject: Subject;
  /** The public key of a device that keeps its private key, from a request that has been checked; null: it gets a new pair. */
  readonly spki: Uint8Array | null;
  /** Of its keystores, where they are its own. */
  readonly aliases?: KeystoreAliases | undefined;
}

export interface MintedKey {
  /** DER. */
  readonly certificate: Buffer;
  readonly spki: Uint8Array;
  /** PrivateKeyInfo, DER; the caller wipes it. Null for a device that keeps its own. */
  readonly pkcs8: Buffer | null;
}

export interface MintTools {
  readonly template: LeafTemplate;
  readonly signer: Signer;
  readonly makeKeyPair: MakeKeyPair;
}

/** A device's key pair, unless it has one, and its certificate. */
export function mintDevice(device: DeviceToMint, tools: MintTools): MintedKey {
  const { serialNumber, subject } = device;
  const { spki, pkcs8 } = device.spki === null ? tools.makeKeyPair() : { spki: device.spki, pkcs8: null };
  try {
    const certificate = signLeaf(tools.template, tools.signer, { serialNumber, subject, spki });
    return { certificate, spki, pkcs8 };
  } catch (error) {
    pkcs8?.fill(0);
    throw error;
  }
}
