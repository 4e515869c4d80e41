import type { KeystoreAliases } from "../domain/device.ts";
import type { Keystores, Pkcs12Options, Truststore } from "../domain/job.ts";
import { encodePem, openEncryptedKeyWriter, writeKeyPem } from "./encode-pem.ts";
import type { RandomOctets } from "./random-pool.ts";
import { writeJksKeystore, writeJksTruststore } from "./write-jks.ts";
import { openPkcs12Writer } from "./write-pkcs12.ts";
import { openTruststoreWriter, trustedAlias } from "./write-truststore.ts";

/** The files that a device's folder may hold. */
export type DeviceFileName =
  | "keystore.p12"
  | "keystore.jks"
  | "certificate.pem"
  | "chain.pem"
  | "key.pem"
  | "truststore.p12"
  | "truststore.jks"
  | "truststore.pem";

export interface DeviceFile {
  readonly name: DeviceFileName;
  readonly content: Buffer;
}

/** What one device's files are made from. */
export interface DeviceMaterial {
  /** DER. */
  readonly certificate: Uint8Array;
  /** PrivateKeyInfo, DER; left as it is. Null for a device that keeps its own key. */
  readonly pkcs8: Uint8Array | null;
  /** Needed where `needsPassword` says so; ignored for a device that keeps its own key. */
  readonly password: string | null;
  /** Its own aliases; else those of the options. */
  readonly aliases?: KeystoreAliases | undefined;
}

/** Certificates that devices shall trust, and in which files. */
export interface TrustedCertificates {
  readonly formats: Truststore["formats"];
  /** DER. */
  readonly certificates: readonly Uint8Array[];
}

export interface DeviceFilesOptions {
  readonly keystores: Keystores;
  /** Truststores for each device's own folder. */
  readonly truststore?: TrustedCertificates;
  /** The authorities' certificates, issuer first, anchor last, DER. */
  readonly chain: readonly Uint8Array[];
  /** Fewest rounds of any password derivation: more than the job's own where people chose the password. */
  readonly minIterations?: number;
  /** The date that JKS files carry. */
  readonly createdAtMs: number;
}

/** Rounds for what names none: enough for a generated password of 130 bits. */
export const DEFAULT_ITERATIONS = 2048;

/** True when some file of a device is protected by a password. */
export function needsPassword(options: Pick<DeviceFilesOptions, "keystores" | "truststore">): boolean {
  const { pkcs12, jks, pem } = options.keystores;
  const formats = options.truststore?.formats ?? [];
  return (
    pkcs12 !== undefined ||
    jks !== undefined ||
    pem.key === "encrypted" ||
    formats.includes("pkcs12") ||
    formats.includes("jks")
  );
}

/** All files of some devices, in the devices' order. Four at a time cost least. */
export type BuildDeviceFiles = (materials: readonly DeviceMaterial[]) => DeviceFile[][];

interface KeyedMaterial {
  readonly certificate: Uint8Array;
  readonly pkcs8: Uint8Array;
  readonly password: string;
  readonly aliases: KeystoreAliases;
}

/** Adds the files of one kind: `files[i]` belongs to `devices[i]`. */
type AddFiles = (devices: readonly KeyedMaterial[], files: readonly DeviceFile[][]) => void;

/**
 * Opens what a job asks for, once per thread. Every device gets certificate.pem and chain.pem; a
 * device that keeps its own key gets nothing else.
 */
export function openDeviceFiles(options: DeviceFilesOptions, random: RandomOctets): BuildDeviceFiles {
  const issuers = Buffer.concat(options.chain.map((certificate) => encodePem("CERTIFICATE", certificate)));
  const withPassword = needsPassword(options);
  const adders = [...keystoreAdders(options, random), ...truststoreAdders(options, random)];
  return (materials) => {
    const keyed: KeyedMaterial[] = [];
    const keyedFiles: DeviceFile[][] = [];
    const all = materials.map(({ certificate, pkcs8, password, aliases = {} }) => {
      const own = encodePem("CERTIFICATE", certificate);
      const files: DeviceFile[] = [
        { name: "certificate.pem", content: own },
        { name: "chain.pem", content: Buffer.concat([own, issuers]) },
      ];
      if (pkcs8 !== null) {
        if (withPassword && !password) throw new Error("a device with a key of ours has no password for its keystores");
        keyed.push({ certificate, pkcs8, password: password ?? "", aliases });
        keyedFiles.push(files);
      }
      return files;
    });
    for (const add of adders) add(keyed, keyedFiles);
    return all;
  };
}

function rounds(options: DeviceFilesOptions, iterations = DEFAULT_ITERATIONS): number {
  return Math.max(iterations, options.minIterations ?? 0);
}

function keystoreAdders(options: DeviceFilesOptions, random: RandomOctets): AddFiles[] {
  const { keystores, chain, createdAtMs } = options;
  const { pkcs12, jks, pem } = keystores;
  const adders: AddFiles[] = [];
  if (pkcs12 !== undefined) {
    const write = openPkcs12Writer({ ...pkcs12, iterations: rounds(options, pkcs12.iterations), chain }, random);
    adders.push((devices, files) => {
      const entries = devices.map(({ aliases, ...device }) => ({ ...device, alias: aliases.pkcs12 }));
      addAll("keystore.p12", write(entries), files);
    });
  }
  if (jks !== undefined) {
    adders.push(
      each("keystore.jks", ({ certificate, pkcs8, password, aliases }) => {
        const alias = aliases.jks ?? jks.alias;
        return writeJksKeystore({ alias, pkcs8, chain: [certificate, ...chain], password, createdAtMs }, random);
      }),
    );
  }
  if (pem.key === "plain") adders.push(each("key.pem", ({ pkcs8 }) => writeKeyPem(pkcs8)));
  if (pem.key === "encrypted") {
    const write = openEncryptedKeyWriter(rounds(options, pkcs12?.iterations), random);
    adders.push(each("key.pem", ({ pkcs8, password }) => write(pkcs8, password)));
  }
  return adders;
}

function truststoreAdders(options: DeviceFilesOptions, random: RandomOctets): AddFiles[] {
  const { truststore, createdAtMs } = options;
  const pkcs12: Pick<Pkcs12Options, "recipe" | "iterations"> | undefined = options.keystores.pkcs12;
  const adders: AddFiles[] = [];
  for (const format of new Set(truststore?.formats)) {
    const certificates = truststore?.certificates ?? [];
    if (format === "pem") {
      const content = Buffer.concat(certificates.map((certificate) => encodePem("CERTIFICATE", certificate)));
      adders.push(each("truststore.pem", () => content));
    } else if (format === "jks") {
      const entries = certificates.map((certificate, index) => ({ alias: trustedAlias(index), certificate }));
      adders.push(
        each("truststore.jks", ({ password }) => writeJksTruststore({ certificates: entries, password, createdAtMs })),
      );
    } else {
      const recipe = pkcs12?.recipe ?? "modern";
      const write = openTruststoreWriter(
        { recipe, iterations: rounds(options, pkcs12?.iterations), certificates },
        random,
      );
      adders.push((devices, files) => addAll("truststore.p12", write(devices.map(({ password }) => password)), files));
    }
  }
  return adders;
}

function each(name: DeviceFileName, write: (device: KeyedMaterial) => Buffer): AddFiles {
  return (devices, files) => addAll(name, devices.map(write), files);
}

function addAll(name: DeviceFileName, contents: readonly Buffer[], files: readonly DeviceFile[][]): void {
  for (const [index, content] of contents.entries()) files[index]?.push({ name, content });
}
