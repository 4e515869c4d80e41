import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { inputError } from "../disk/disk-error.ts";
import { OnboardingError } from "../domain/error.ts";
import { type AccessCheck, requirePrivate } from "./private-file.ts";

/**
 * The secrets that came with the environment. Each is looked at only when it is asked for; a file that
 * others can read, an empty secret, or one given twice is a `usage` error then. Values stand in no
 * object that could be printed.
 */
export interface Secrets {
  /** Passphrase of an authority's key: LOTMINT_PASSPHRASE_<NAME>, else LOTMINT_PASSPHRASE; undefined when not given. */
  readonly authorityPassphrase: (authority: string) => string | undefined;
  /** LOTMINT_IMPORT_PASSPHRASE, for keys that come from elsewhere. */
  readonly importPassphrase: () => string | undefined;
  /** LOTMINT_LOT_PASSWORD; throws `usage` when it is not given or is not fit for a whole lot. */
  readonly lotPassword: () => string;
  /** LOTMINT_FILE_PASSWORD, of a keystore, truststore or key that is looked into or written; undefined when not given. */
  readonly filePassword: () => string | undefined;
  /** LOTMINT_POOL_PASSPHRASE, of the key pool; undefined when not given. */
  readonly poolPassphrase: () => string | undefined;
  /** LOTMINT_PLATFORM_PASSWORD; undefined when not given. */
  readonly platformPassword: () => string | undefined;
  /** Whether LOTMINT_PLATFORM_PASSWORD or LOTMINT_PLATFORM_TOKEN is given at all. */
  readonly hasPlatformLogin: () => boolean;
  /** LOTMINT_PLATFORM_TOKEN, else `user` with LOTMINT_PLATFORM_PASSWORD; throws `usage` when neither is given. */
  readonly platformCredentials: (user: string | undefined) => CredentialSecrets;
  /** The secrets that are given, by name, and why one cannot be read; values are in none of them. */
  readonly givenNames: () => readonly { readonly name: string; readonly problem?: string }[];
  /**
   * LOTMINT_PAGE_TOKEN, and LOTMINT_PAGE_READ_TOKEN for those who may look only; undefined when none is given. Throws
   * `usage` for one that can be guessed, for two that are the same, and for a reader's token alone.
   */
  readonly pageTokens: () => PageTokenSecrets | undefined;
  /** LOTMINT_HSM_PIN, of the user of a token; undefined when not given. */
  readonly hsmPin: () => string | undefined;
  /** LOTMINT_WEBHOOK_SECRET; throws `usage` when it is not given. */
  readonly webhookSecret: () => string;
}

/** How to log in to the platform: by token, or as a user. What it holds is not shown when it is printed. */
export type CredentialSecrets = { readonly token: string } | { readonly user: string; readonly password: string };

/** Who may use the page. What it holds is not shown when it is printed. */
export interface PageTokenSecrets {
  readonly operator: string;
  readonly reader?: string;
}

const SECRET_VARIABLE =
  /^LOTMINT_(?:PASSPHRASE(?:_.+)?|IMPORT_PASSPHRASE|LOT_PASSWORD|FILE_PASSWORD|POOL_PASSPHRASE|HSM_PIN|PLATFORM_PASSWORD|PLATFORM_TOKEN|WEBHOOK_SECRET|PAGE_TOKEN|PAGE_READ_TOKEN)(?:_FILE)?$/;
const MAX_SECRET_BYTES = 64 * 1024;

/**
 * Takes all secrets out of the environment, so that no child process inherits them. The kernel goes on showing what the
 * process was started with in /proc/PID/environ, to its own user and to root; a secret in a file is not there.
 */
export function takeSecrets(env: NodeJS.ProcessEnv = process.env): Secrets {
  const taken = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || !SECRET_VARIABLE.test(name)) continue;
    taken.set(name, value);
    delete env[name];
  }
  const find = (name: string) => findSecret(taken, name);
  return {
    authorityPassphrase: (authority) => find(passphraseVariable(authority)) ?? find("LOTMINT_PASSPHRASE"),
    importPassphrase: () => find("LOTMINT_IMPORT_PASSPHRASE"),
    lotPassword: () => checkLotPassword(find("LOTMINT_LOT_PASSWORD")),
    filePassword: () => find("LOTMINT_FILE_PASSWORD"),
    poolPassphrase: () => find("LOTMINT_POOL_PASSPHRASE"),
    hsmPin: () => find("LOTMINT_HSM_PIN"),
    platformPassword: () => find("LOTMINT_PLATFORM_PASSWORD"),
    hasPlatformLogin: () => [...taken.keys()].some((name) => name.startsWith("LOTMINT_PLATFORM_")),
    platformCredentials: (user) => findCredentials(find, user),
    givenNames: () => {
      const names = new Set([...taken.keys()].map((name) => name.replace(/_FILE$/, "")));
      return [...names].sort().map((name) => {
        try {
          find(name);
          return { name };
        } catch (error) {
          if (!(error instanceof OnboardingError)) throw error;
          return { name, problem: error.message };
        }
      });
    },
    pageTokens: () => findPageTokens(find),
    webhookSecret: () => {
      const secret = find("LOTMINT_WEBHOOK_SECRET");
      if (secret !== undefined) return secret;
      throw usage(
        "lotmint.yaml names a webhook, and no secret to sign with is given; set LOTMINT_WEBHOOK_SECRET or LOTMINT_WEBHOOK_SECRET_FILE",
      );
    },
  };
}

/** LOTMINT_PASSPHRASE_<NAME>: upper case, and an underscore for what a variable's name cannot hold. */
export function passphraseVariable(authority: string): string {
  return `LOTMINT_PASSPHRASE_${authority.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
}

/**
 * Reads a file with one secret, without the line end after it: UTF-8 with or without a byte order mark, or UTF-16 with
 * one, as Windows tools write it. Throws `usage` when it is not there, holds nothing, is in another encoding, or can
 * be read by others.
 */
export function readSecretFile(path: string, access?: AccessCheck): string {
  const file = openSecret(path);
  try {
    const stats = fstatSync(file);
    requirePrivate(path, stats, othersRights(path), access);
    if (stats.size > MAX_SECRET_BYTES) throw usage(`${path} is too large to be a passphrase or password`);
    const secret = decodeSecret(readFileSync(file), path).replace(/\r?\n$/, "");
    if (secret === "") throw usage(`${path} is empty; it must hold the secret`);
    return secret;
  } catch (error) {
    if (error instanceof OnboardingError) throw error;
    throw inputError(error, path);
  } finally {
    closeSync(file);
  }
}

/** The text of a secret file, never with a byte order mark in it; what is in doubt is refused by its name. */
function decodeSecret(octets: Buffer, path: string): string {
  const refuse = (what: string) => usage(`${path} ${what}; save it as UTF-8`);
  const encoding = secretEncoding(octets);
  if (encoding === "utf-32") throw refuse("is UTF-32, which is not read");
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(octets);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    // The error holds no octet of the secret, and neither does what is told of it.
    const what = "is not UTF-8; it may be ANSI (Windows-1252), as Notepad saves it, or no text at all";
    throw refuse(encoding === "utf-8" ? what : "is cut off or no UTF-16");
  }
  if (text.includes("\u0000")) {
    throw refuse("holds zero octets, as UTF-16 without a byte order mark does; it is not read");
  }
  if (text.includes("\ufeff")) throw refuse("holds a byte order mark (U+FEFF) inside");
  return text;
}

function secretEncoding(octets: Buffer): "utf-8" | "utf-16le" | "utf-16be" | "utf-32" {
  const start = octets.subarray(0, 4).toString("hex");
  if (start === "fffe0000" || start === "0000feff") return "utf-32";
  if (start.startsWith("fffe")) return "utf-16le";
  return start.startsWith("feff") ? "utf-16be" : "utf-8";
}

/**
 * Rights that make a secret readable by somebody else. A systemd credential (LoadCredential=) is accepted by an
 * access list, whose mask shows as the group's right to read; its folder is the service's alone.
 */
function othersRights(path: string, credentials = process.env["CREDENTIALS_DIRECTORY"]): number {
  const isCredential =
    credentials !== undefined && credentials !== "" && dirname(resolve(path)) === resolve(credentials);
  return isCredential ? 0o037 : 0o077;
}

function openSecret(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw inputError(error, path, "there is no secret file");
  }
}

function findSecret(taken: ReadonlyMap<string, string>, name: string): string | undefined {
  const value = taken.get(name);
  const file = taken.get(`${name}_FILE`);
  if (value !== undefined && file !== undefined) throw usage(`both ${name} and ${name}_FILE are set; keep one of them`);
  if (value === "") throw usage(`${name} is set but empty`);
  if (file === "") throw usage(`${name}_FILE is set but empty`);
  if (value?.includes("\ufeff") === true) {
    throw usage(`${name} holds a byte order mark (U+FEFF); set it without, or use ${name}_FILE`);
  }
  return file === undefined ? value : readSecretFile(file);
}

/** A password that opens every keystore of a lot has to withstand more guessing than one device's. */
function checkLotPassword(password: string | undefined): string {
  if (password === undefined) {
    throw usage(
      "the job uses one password per lot, and none is given; set LOTMINT_LOT_PASSWORD or LOTMINT_LOT_PASSWORD_FILE",
    );
  }
  if (!/^[\x20-\x7e]{16,}$/.test(password)) {
    throw usage("LOTMINT_LOT_PASSWORD must have at least 16 characters, all of them printable ASCII");
  }
  return password;
}

/** Tried over the network, so that it has to be no word; RFC 6750 allows these characters and a few more. */
const PAGE_TOKEN = /^[!-~]{16,512}$/;

function findPageTokens(find: (name: string) => string | undefined): PageTokenSecrets | undefined {
  const operator = find("LOTMINT_PAGE_TOKEN");
  const reader = find("LOTMINT_PAGE_READ_TOKEN");
  for (const [name, token] of [
    ["LOTMINT_PAGE_TOKEN", operator],
    ["LOTMINT_PAGE_READ_TOKEN", reader],
  ] as const) {
    if (token === undefined || PAGE_TOKEN.test(token)) continue;
    throw usage(`${name} must have at least 16 characters, all of them printable ASCII and no space`);
  }
  if (operator === undefined) {
    if (reader === undefined) return undefined;
    throw usage("LOTMINT_PAGE_READ_TOKEN is set without LOTMINT_PAGE_TOKEN: nobody could act; set both");
  }
  if (operator === reader) {
    throw usage("LOTMINT_PAGE_TOKEN and LOTMINT_PAGE_READ_TOKEN are the same: who may look only could act; change one");
  }
  return unprintable(reader === undefined ? { operator } : { operator, reader });
}

function findCredentials(find: (name: string) => string | undefined, user: string | undefined): CredentialSecrets {
  const token = find("LOTMINT_PLATFORM_TOKEN");
  if (token !== undefined) return unprintable({ token });
  const password = find("LOTMINT_PLATFORM_PASSWORD");
  if (password === undefined) {
    throw usage(
      "no login for the platform is given; set LOTMINT_PLATFORM_PASSWORD or LOTMINT_PLATFORM_TOKEN, or either with _FILE",
    );
  }
  if (user === undefined) {
    throw usage("LOTMINT_PLATFORM_PASSWORD needs a user; name one in lotmint.yaml under platform");
  }
  return passwordLogin(user, password);
}

/** The login of a user with a password; what it holds is not shown when it is printed. */
export function passwordLogin(user: string, password: string): CredentialSecrets {
  return unprintable({ user, password });
}

/** The same properties, but passed over by `JSON.stringify`, loggers and `console.log`. */
function unprintable<T extends object>(values: T): T {
  const hidden = Object.entries(values).map(([name, value]) => [name, { value, enumerable: false }]);
  return Object.defineProperties({}, Object.fromEntries(hidden)) as T;
}

function usage(message: string, cause?: unknown): OnboardingError {
  return new OnboardingError(message, { code: "usage", cause });
}
