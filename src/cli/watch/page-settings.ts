import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readSecretFile } from "../../config/secrets.ts";
import { inputError } from "../../disk/disk-error.ts";
import { OnboardingError } from "../../domain/error.ts";
import { type ListenAddress, parseListenAddress } from "../../page/access/listen-address.ts";
import type { PageSettings } from "../../page/page-tools.ts";
import type { CliContext } from "../context.ts";

export interface PageArguments {
  readonly page?: string | undefined;
  readonly pageCert?: string | undefined;
  readonly pageKey?: string | undefined;
}

/**
 * What --page and its companions ask for, checked before anything is started. Throws `usage` for an address that is none, for
 * one that others reach without TLS and a token, for a certificate or key that cannot be used, and without --page.
 */
export function pageSettings(
  { page, pageCert, pageKey }: PageArguments,
  { secrets, now, log }: Pick<CliContext, "secrets" | "now" | "log">,
): PageSettings {
  if (page === undefined) {
    throw usage("--page-cert and --page-key go with --page HOST:PORT; add it, or leave them out");
  }
  const address = parseListenAddress(page);
  if ((pageCert === undefined) !== (pageKey === undefined)) {
    throw usage("--page-cert and --page-key go together; give both, or neither");
  }
  const tokens = secrets.pageTokens();
  if (!address.loopback) requireGuarded(address, pageCert !== undefined, tokens !== undefined);
  if (pageCert === undefined || pageKey === undefined) return { address, ...(tokens && { tokens }) };
  const tls = readTls(pageCert, pageKey);
  const { validToDate, validFromDate } = new X509Certificate(tls.certificate);
  if (validToDate.getTime() < now() || validFromDate.getTime() > now()) {
    log.warn(`${pageCert} is not valid today; browsers will refuse the page until it is renewed`);
  }
  return { address, tls, ...(tokens && { tokens }) };
}

function requireGuarded({ host }: ListenAddress, tls: boolean, token: boolean): void {
  const missing = [
    ...(tls ? [] : ["TLS (--page-cert FILE --page-key FILE)"]),
    ...(token ? [] : ["a token (LOTMINT_PAGE_TOKEN or LOTMINT_PAGE_TOKEN_FILE)"]),
  ];
  if (missing.length === 0) return;
  throw usage(
    `others reach ${host}, so the page there needs ${missing.join(" and ")}; give that, or use 127.0.0.1 for this machine alone`,
  );
}

function readTls(certificateFile: string, keyFile: string): { readonly certificate: string; readonly key: string } {
  const certificate = readText(certificateFile);
  let read: X509Certificate;
  try {
    read = new X509Certificate(certificate);
  } catch (cause) {
    throw usage(
      `${certificateFile} holds no certificate in PEM; the server's own stands first, those above it after it`,
      cause,
    );
  }
  const key = readSecretFile(keyFile);
  let opened: KeyObject;
  try {
    opened = createPrivateKey(key);
  } catch (cause) {
    const encrypted = key.includes("ENCRYPTED");
    const cure = encrypted
      ? "is encrypted, and nobody is there to be asked for its passphrase; decrypt it (openssl pkey) into a file that only this user can read"
      : "holds no private key in PEM";
    throw usage(`${keyFile} ${cure}`, cause);
  }
  if (!read.checkPrivateKey(opened)) throw usage(`${keyFile} is not the key of ${certificateFile}; give the pair`);
  return Object.defineProperty({ certificate, key: "" }, "key", { value: key, enumerable: false });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw inputError(error, path);
  }
}

function usage(message: string, cause?: unknown): OnboardingError {
  return new OnboardingError(message, { code: "usage", cause });
}
