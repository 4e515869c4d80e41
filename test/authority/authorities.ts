import { execFileSync, spawnSync } from "node:child_process";
import type { KeyObject } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CreateAuthorityOptions,
  createAuthority,
  type SerialRecorder,
} from "../../src/authority/create-authority.ts";
import type { AdoptionRecorder } from "../../src/authority/foreign/import-authority.ts";
import type { Passphrases } from "../../src/authority/foreign/read-private-key.ts";
import { type LoadedIssuer, loadIssuer } from "../../src/authority/load-authority.ts";
import { type Home, homeLayout } from "../../src/disk/layout.ts";
import type { Profile, Subject } from "../../src/domain/certificate.ts";
import { OnboardingError } from "../../src/domain/error.ts";
import { BUILT_IN_PROFILES } from "../../src/domain/profiles.ts";

export const PASSPHRASE = "correct horse battery";
export const NOW_MS = Math.floor(Date.now() / 1000) * 1000;
export const DAY_MS = 86_400_000;
export const DEVICE: Profile = BUILT_IN_PROFILES.device;

/** A home in a temporary folder; `[Symbol.dispose]` removes it. */
export function temporaryHome(): Home & Disposable {
  const root = mkdtempSync(join(tmpdir(), "lotmint-authority-"));
  return { ...homeLayout(root), [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}

/** Remembers in memory what the ledger would. */
export function serialRecorder(): SerialRecorder & { readonly calls: readonly string[] } {
  const calls: string[] = [];
  return {
    calls,
    reserveSerial: async ({ serialNumber, issuer, subject }) => {
      calls.push(`reserve ${serialNumber} ${issuer} ${subject}`);
    },
    recordCertificate: async ({ serialNumber, sha256 }) => {
      calls.push(`record ${serialNumber} ${sha256}`);
    },
    abandonSerial: async (serialNumber) => {
      calls.push(`abandon ${serialNumber}`);
    },
  };
}

/** Creates an authority under another (or a root) and loads it. */
export async function makeIssuer(
  home: Home,
  name: string,
  options: Partial<CreateAuthorityOptions> = {},
): Promise<LoadedIssuer> {
  const wanted = { name, passphrase: PASSPHRASE, maxChain: 10, nowMs: NOW_MS, ...options };
  await createAuthority(home, serialRecorder(), wanted);
  return loadIssuer(home, name, PASSPHRASE, NOW_MS, wanted.maxChain);
}

export function subjectOf(id: string, ...before: Subject): Subject {
  return [...before, { attribute: "CN", value: id }];
}

/** Tests that need openssl are skipped where there is none, but never in CI. */
export const noOpenssl = spawnSync("openssl", ["version"]).status !== 0 && !process.env["CI"];

export function openssl(...args: string[]): string {
  return execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The OnboardingError that `act` ends with. */
export async function errorOf(act: () => unknown): Promise<OnboardingError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof OnboardingError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Remembers in memory what the ledger would of authorities that come in; `known` stands in it already. */
export function adoptionRecorder(
  known: Readonly<Record<string, Awaited<ReturnType<AdoptionRecorder["certificate"]>>>> = {},
): AdoptionRecorder & { readonly calls: readonly string[] } {
  const calls: string[] = [];
  return {
    calls,
    certificate: async (serialNumber) => known[serialNumber],
    isRevoked: async ({ serialNumber }) => known[serialNumber]?.state === "revoked",
    adoptCertificates: async (issuer, certificates) => {
      for (const { serialNumber, subject, revoked } of certificates) {
        calls.push(`adopt ${issuer} ${serialNumber} ${subject}${revoked === null ? "" : ` ${revoked.reason}`}`);
      }
      return certificates.length;
    },
    recordEvent: async ({ kind, subject }) => {
      calls.push(`${kind} ${subject}`);
    },
  };
}

/** A folder for files of other tools; `[Symbol.dispose]` removes it. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "lotmint-foreign-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** What `openssl req -x509` needs to make a certificate that may sign others. */
export const CA_EXTENSIONS = [
  "-addext",
  "basicConstraints=critical,CA:true",
  "-addext",
  "keyUsage=critical,keyCertSign",
];

/** Passphrases to try, for readers of an encrypted key. */
export function trying(...passphrases: readonly string[]): Passphrases {
  return async function* () {
    yield* passphrases;
  };
}

/** The private key of an authority that keeps it in a file. */
export function keyOf({ signer }: LoadedIssuer): KeyObject {
  if (signer.kind !== "key") throw new Error("its key is in a token");
  return signer.key;
}
