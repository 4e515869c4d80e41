import { parsePkcs11Uri } from "../../authority/hsm/pkcs11-uri.ts";
import type { KeyPlace } from "../../authority/new-key.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { CliContext } from "../context.ts";

interface KeyPlaceArguments {
  readonly name: string;
  /** PKCS#11 URI. */
  readonly hsm?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

/** Where the key of a new authority goes, as the options say: into a token that is logged in, else into key.pem. */
export async function keyPlace(
  { name, hsm, passphraseFile }: KeyPlaceArguments,
  context: CliContext,
): Promise<KeyPlace> {
  if (hsm === undefined) {
    const file = passphraseFile === undefined ? {} : { file: passphraseFile };
    return { passphrase: await context.passphrase(name, { ...file, confirm: true }) };
  }
  if (passphraseFile !== undefined) {
    throw new OnboardingError("--passphrase-file is for a key in a file; a token has a PIN: LOTMINT_HSM_PIN", {
      code: "usage",
    });
  }
  const uri = parsePkcs11Uri(hsm);
  return { token: { token: await context.openToken(uri), uri } };
}
