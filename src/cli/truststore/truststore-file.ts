import { realpathSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { readForeignFile } from "../../authority/foreign/foreign-file.ts";
import { OnboardingError } from "../../domain/error.ts";
import { LOT_TRUSTSTORE_PASSWORD } from "../../keystore/lot-truststore.ts";
import {
  MOST_TRUSTSTORE_OCTETS,
  readTruststoreEntries,
  type TruststoreContents,
} from "../../lookup/truststore-entries.ts";
import type { CliProcess } from "../look-context.ts";

/** By the ending of a truststore's name. */
const FORMATS: Readonly<Record<string, TruststoreContents["format"]>> = {
  ".p12": "pkcs12",
  ".pfx": "pkcs12",
  ".jks": "jks",
  ".pem": "pem",
};

/** The format that a new truststore gets by its name; throws `usage` for an ending that means none. */
export function formatOfName(path: string): TruststoreContents["format"] {
  const format = FORMATS[extname(path).toLowerCase()];
  if (format !== undefined) return format;
  throw new OnboardingError(
    `${path}: the ending of a truststore's name tells its format: ${Object.keys(FORMATS).join(", ")}`,
    { code: "usage" },
  );
}

/** LOTMINT_FILE_PASSWORD, else the one that everybody knows: a truststore holds nothing secret. */
export function truststorePassword({ secrets }: Pick<CliProcess, "secrets">): string {
  return secrets.filePassword() ?? LOT_TRUSTSTORE_PASSWORD;
}

/** A truststore that is there. `path` is where it really is, behind links. Throws `usage` for what is none. */
export function openTruststoreFile(
  file: string,
  around: Pick<CliProcess, "secrets" | "cwd">,
): { readonly path: string; readonly mode: number; readonly octets: Buffer; readonly contents: TruststoreContents } {
  const given = resolve(around.cwd, file);
  const octets = readForeignFile(given, MOST_TRUSTSTORE_OCTETS);
  const path = realpathSync(given);
  try {
    const contents = readTruststoreEntries(octets, truststorePassword(around));
    return { path, mode: statSync(path).mode & 0o777, octets, contents };
  } catch (cause) {
    if (!(cause instanceof OnboardingError) || cause.code !== "usage") throw cause;
    throw new OnboardingError(`${given}: ${cause.message}`, { code: "usage", cause });
  }
}
