import { hash } from "node:crypto";
import { join } from "node:path";
import type { LeafTemplate } from "../authority/leaf/leaf-template.ts";
import { openSigner, type ThreadSignerSource } from "../authority/signer.ts";
import { ensureFolder, makeNewFolder, PRIVATE_FOLDER, writeNew } from "../disk/durable.ts";
import { safeName } from "../disk/layout.ts";
import type { KeyAlgorithm } from "../domain/certificate.ts";
import { PER_LOT_ITERATIONS } from "../domain/job.ts";
import { type DeviceFile, type DeviceFilesOptions, needsPassword, openDeviceFiles } from "../keystore/device-files.ts";
import { newPassword } from "../keystore/password.ts";
import type { OpenPool, PooledPair } from "../keystore/pool/seal-key.ts";
import { drawKeys } from "../keystore/pool/segment-file.ts";
import { openRandomPool } from "../keystore/random-pool.ts";
import type { PoolTake } from "../ledger/key-pool.ts";
import type { MintedDevice } from "../ledger/minting.ts";
import { openKeyPairs } from "./key-pair.ts";
import { type DeviceToMint, type MintedKey, mintDevice } from "./mint-device.ts";

/** All that the batches of a lot share; goes to the worker threads as a structured clone. */
export interface MintSetup {
  readonly template: LeafTemplate;
  readonly signer: ThreadSignerSource;
  readonly key: KeyAlgorithm;
  /** `minIterations` is set here, not by the caller. */
  readonly files: Omit<DeviceFilesOptions, "minIterations">;
  /** Where the keys of `MintBatch` are. */
  readonly keyPool?: OpenPool | undefined;
  readonly passwords: { readonly kind: "per-device" } | { readonly kind: "per-lot"; readonly password: string };
}

export interface MintBatch {
  /** The batch's folder, outside devices/. */
  readonly folder: string;
  /** Where the batch's passwords go; null for a lot with one password, which is not listed. */
  readonly segment: string | null;
  readonly devices: readonly DeviceToMint[];
  /** Keys of the pool that were handed out to it; where they do not suffice, keys are made. */
  readonly keys?: readonly PoolTake[];
}

/** Mints one batch and writes its files, not yet synced. */
export type MintOneBatch = (batch: MintBatch) => MintedDevice[];

/** What a batch is minted with; the real ones unless told. */
export interface BatchTools {
  readonly openKeyPairs: typeof openKeyPairs;
  readonly writeNew: typeof writeNew;
}

/** How many keystores are made side by side: as many as the lanes of the MAC derivation. */
const GROUP = 4;

/**
 * Opens what a thread needs to mint batches of one lot. A batch is step (b) of docs/issuance.md: key,
 * certificate, files, and the password segment. Errors of the disk are `disk-unwritable`; whatever is
 * thrown, the batch is void. Keys are wiped as soon as their files are made.
 */
export function openMintBatch(setup: MintSetup, batchTools: BatchTools = { openKeyPairs, writeNew }): MintOneBatch {
  const random = openRandomPool();
  const makeKeyPair = batchTools.openKeyPairs(setup.key);
  /** Of the batch in hand, from the pool. */
  let drawn: PooledPair[] = [];
  const tools = {
    template: setup.template,
    signer: openSigner(setup.signer),
    makeKeyPair: () => drawn.pop() ?? makeKeyPair(),
  };
  const { passwords } = setup;
  const minIterations = passwords.kind === "per-lot" ? PER_LOT_ITERATIONS : 0;
  const buildFiles = openDeviceFiles({ ...setup.files, minIterations }, random);
  const withPassword = needsPassword(setup.files);

  const passwordFor = (device: DeviceToMint): string | null => {
    if (!withPassword || device.spki !== null) return null;
    return passwords.kind === "per-lot" ? passwords.password : newPassword(random);
  };

  const mintGroup = (devices: readonly DeviceToMint[], folder: string, lines: string[]): MintedDevice[] => {
    const minted: (MintedKey & { readonly device: DeviceToMint; readonly password: string | null })[] = [];
    let folders: DeviceFile[][];
    try {
      for (const device of devices) {
        minted.push({ ...mintDevice(device, tools), device, password: passwordFor(device) });
      }
      folders = buildFiles(minted.map((each) => ({ ...each, aliases: each.device.aliases })));
    } finally {
      for (const { pkcs8 } of minted) pkcs8?.fill(0);
    }
    return minted.map(({ device, certificate, spki, password }, index) => {
      if (password !== null && passwords.kind === "per-device") lines.push(`${device.externalId},${password}\n`);
      return {
        externalId: device.externalId,
        serialNumber: device.serialNumber,
        notAfterMs: setup.template.notAfterMs,
        sha256: hash("sha256", certificate),
        publicKeySha256: hash("sha256", spki),
        files: writeFiles(join(folder, safeName(device.externalId)), folders[index] ?? [], batchTools),
      };
    });
  };

  return ({ folder, segment, devices, keys = [] }) => {
    ensureFolder(folder, PRIVATE_FOLDER);
    const lines: string[] = [];
    const minted: MintedDevice[] = [];
    try {
      if (setup.keyPool !== undefined) drawn = drawKeys(setup.keyPool, keys);
      for (let start = 0; start < devices.length; start += GROUP) {
        minted.push(...mintGroup(devices.slice(start, start + GROUP), folder, lines));
      }
    } finally {
      for (const { pkcs8 } of drawn.splice(0)) pkcs8.fill(0);
    }
    // Devices that keep their own keys have no password.
    if (segment !== null && lines.length > 0) batchTools.writeNew(segment, lines.join(""));
    return minted;
  };
}

/** Writes a device's folder and digests it; a key in the clear does not outlive its writing. */
function writeFiles(
  folder: string,
  files: readonly DeviceFile[],
  { writeNew }: Pick<BatchTools, "writeNew">,
): Record<string, string> {
  makeNewFolder(folder);
  const digests: Record<string, string> = {};
  for (const { name, content } of files) {
    writeNew(join(folder, name), content);
    digests[name] = hash("sha256", content);
    if (name === "key.pem") content.fill(0);
  }
  return digests;
}
