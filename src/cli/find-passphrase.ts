import { existsSync, readFileSync } from "node:fs";
import { passphraseVariable, readSecretFile } from "../config/secrets.ts";
import { authorityLayout, type Home } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import type { SecretSources } from "./ask-passphrase.ts";

/**
 * The passphrase of an authority's key: from the environment, else from `file`, else asked for on a terminal. With
 * `confirm` it is a new key's: the rule is told first and kept. Without, it has to open the key that is there. Throws
 * `usage` where there is no terminal to ask on and after three tries at a new one, `issuer-unusable` after three wrong ones.
 */
export async function findPassphrase(
  around: SecretSources,
  home: Home,
  authority: string,
  { file, confirm }: { readonly file: string | undefined; readonly confirm: boolean },
): Promise<string> {
  const given = givenPassphrase(around, authority, file);
  if (given !== undefined) return given;
  const variable = passphraseVariable(authority);
  if (!around.stdin.isTTY || !around.stderr.isTTY) {
    throw new OnboardingError(
      `no passphrase given for authority ${authority}; set ${variable} or ${variable}_FILE, or pass --passphrase-file`,
      { code: "usage" },
    );
  }
  // Loaded here only: most commands are given their passphrases, and ask for none.
  const { MIN_PASSPHRASE, newPassphraseProblem, openAuthorityKey } = await import("../authority/authority-key.ts");
  const { askPassphraseAgain, noPassphraseSet } = await import("./ask-passphrase-again.ts");
  if (confirm) {
    const question = {
      question: `New passphrase for the key of authority ${authority}, at least ${MIN_PASSPHRASE} characters: `,
      confirm,
      problem: (typed: string) => {
        const found = newPassphraseProblem(typed);
        return found === undefined ? undefined : `the passphrase is ${found}`;
      },
      giveUp: noPassphraseSet(`passphrase for authority ${authority}`),
    };
    return askPassphraseAgain(question, around.stdin, around.stderr);
  }
  const keyFile = authorityLayout(home, authority).key;
  const pem = existsSync(keyFile) ? readFileSync(keyFile, "utf8") : undefined;
  let refusal: OnboardingError | undefined;
  const question = {
    question: `Passphrase of authority ${authority}: `,
    confirm,
    problem: (typed: string) => {
      if (pem === undefined) return undefined;
      try {
        openAuthorityKey(authority, pem, typed);
        return undefined;
      } catch (error) {
        if (!(error instanceof OnboardingError)) throw error;
        refusal = error;
        return "that does not open its key";
      }
    },
    giveUp: () => refusal ?? new OnboardingError(`no passphrase for authority ${authority}`, { code: "usage" }),
  };
  return askPassphraseAgain(question, around.stdin, around.stderr);
}

/** The passphrase of an authority's key from the environment, else from `file`; undefined where neither has it. */
export function givenPassphrase(
  { secrets }: Pick<SecretSources, "secrets">,
  authority: string,
  file: string | undefined,
): string | undefined {
  return secrets.authorityPassphrase(authority) ?? (file === undefined ? undefined : readSecretFile(file));
}
