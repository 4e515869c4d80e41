import { basename, extname, resolve } from "node:path";
import { readForeignCertificates } from "../../authority/foreign/foreign-file.ts";
import { isFile } from "../../config/is-file.ts";
import { OnboardingError } from "../../domain/error.ts";
import { isoDay } from "../../domain/iso-time.ts";
import type { TruststoreEntry } from "../../lookup/truststore-entries.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";

/** Java takes more; a person reads no more. In characters. */
const LONGEST_ALIAS = 64;

export interface AskedCertificates {
  readonly entries: readonly (TruststoreEntry & { readonly alias: string })[];
  /** What is odd about a certificate and does not hinder it. */
  readonly warnings: readonly string[];
}

/**
 * The certificates that `--certificate FILE[=ALIAS]` names, each with its alias: the file's name without its ending
 * unless told; of several in a file the second gets -2, and so on. Throws `usage` for an alias that is taken, here or by
 * `taken`, whatever its case, since Java tells aliases apart by no case.
 */
export function askedCertificates(
  asked: readonly string[],
  taken: readonly (string | undefined)[],
  { cwd, nowMs }: { readonly cwd: string; readonly nowMs: number },
): AskedCertificates {
  const used = new Set(taken.flatMap((alias) => (alias === undefined ? [] : [alias.toLowerCase()])));
  const entries: (TruststoreEntry & { readonly alias: string })[] = [];
  const warnings: string[] = [];
  for (const text of asked) {
    const { path, alias: first } = splitAlias(text, cwd);
    for (const [index, certificate] of readForeignCertificates(path).entries()) {
      const alias = checkedAlias(index === 0 ? first : `${first}-${index + 1}`);
      if (used.has(alias.toLowerCase())) {
        throw usage(
          `the alias ${JSON.stringify(alias)} is taken; give another one with --certificate ${text.split("=")[0]}=ALIAS; nothing was written`,
        );
      }
      used.add(alias.toLowerCase());
      entries.push({ alias, certificate: certificate.raw });
      warnings.push(...oddities(certificate, path, nowMs));
    }
  }
  return { entries, warnings };
}

/** A file whose own name has an equals sign is found as well. */
function splitAlias(text: string, cwd: string): { readonly path: string; readonly alias: string } {
  const at = text.lastIndexOf("=");
  if (at > 0 && !isFile(resolve(cwd, text))) {
    return { path: resolve(cwd, text.slice(0, at)), alias: text.slice(at + 1) };
  }
  return { path: resolve(cwd, text), alias: basename(text, extname(text)) };
}

function checkedAlias(alias: string): string {
  const problem =
    alias.trim() !== alias || alias === ""
      ? "is empty, or begins or ends with a blank"
      : /[\p{Cc}\p{Zl}\p{Zp}]/u.test(alias) || !alias.isWellFormed()
        ? "holds a control character or a line break"
        : [...alias].length > LONGEST_ALIAS
          ? `has more than ${LONGEST_ALIAS} characters`
          : undefined;
  if (problem === undefined) return alias;
  throw usage(
    `the alias ${JSON.stringify(alias)} ${problem}; give one with --certificate FILE=ALIAS; nothing was written`,
  );
}

function oddities(
  { subject, notBeforeMs, notAfterMs }: CertificateFields,
  path: string,
  nowMs: number,
): readonly string[] {
  const name = `${describeName(subject)} (${path})`;
  if (nowMs > notAfterMs) return [`${name} expired on ${isoDay(notAfterMs)}; devices will refuse what it vouches for`];
  return nowMs < notBeforeMs ? [`${name} is not valid before ${isoDay(notBeforeMs)}`] : [];
}

function usage(message: string): OnboardingError {
  return new OnboardingError(message, { code: "usage" });
}
