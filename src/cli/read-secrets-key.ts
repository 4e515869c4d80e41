import { createPrivateKey, type KeyObject } from "node:crypto";
import { resolve } from "node:path";
import { readSecretFile } from "../config/secrets.ts";
import { OnboardingError } from "../domain/error.ts";
import type { CliContext } from "./context.ts";

/**
 * The private key in --secrets-key, for passwords that are sealed to it; LOTMINT_IMPORT_PASSPHRASE opens it where
 * it is encrypted. Throws `usage` for a file that others can read and for one that holds no RSA key.
 */
export function readSecretsKey(
  path: string | undefined,
  { cwd, secrets }: Pick<CliContext, "cwd" | "secrets">,
): { readonly secretsKey?: KeyObject } {
  if (path === undefined) return {};
  const file = resolve(cwd, path);
  const pem = readSecretFile(file);
  const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem);
  const passphrase = isEncrypted ? secrets.importPassphrase() : undefined;
  if (isEncrypted && passphrase === undefined) {
    throw usage(`${file} is encrypted; set LOTMINT_IMPORT_PASSPHRASE or LOTMINT_IMPORT_PASSPHRASE_FILE`);
  }
  const secretsKey = openKey(file, pem, passphrase);
  if (secretsKey.asymmetricKeyType !== "rsa") throw usage(`${file} holds no RSA key; passwords are sealed to RSA keys`);
  return { secretsKey };
}

function openKey(file: string, pem: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: "pem", ...(passphrase !== undefined && { passphrase }) });
  } catch (cause) {
    if (passphrase !== undefined) throw usage(`LOTMINT_IMPORT_PASSPHRASE does not open ${file}`, cause);
    throw usage(`${file} holds no private key in PEM form`, cause);
  }
}

function usage(message: string, cause?: unknown): OnboardingError {
  return new OnboardingError(message, { code: "usage", cause });
}
