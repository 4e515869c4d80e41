import type { TokenSlot } from "../authority/hsm/find-slot.ts";
import type { Tokens } from "../authority/hsm/open-tokens.ts";
import type { Pkcs11Uri } from "../authority/hsm/pkcs11-uri.ts";
import type { Token } from "../authority/hsm/token.ts";
import type { KeyAccess } from "../authority/load-authority.ts";
import { readTokenUri } from "../authority/stored-authority.ts";
import { passphraseVariable } from "../config/secrets.ts";
import { authorityLayout, type Home } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import type { Site } from "../domain/job.ts";
import { askPassphrase, type SecretSources } from "./ask-passphrase.ts";
import { findPassphrase, givenPassphrase } from "./find-passphrase.ts";
import type { StatusLine } from "./status-line.ts";

export interface KeyAccessOptions {
  /** With the passphrase, where the environment has none. */
  readonly file?: string | undefined;
  /** False: nobody is there to be asked. */
  readonly ask?: boolean | undefined;
}

/** The tokens that a command uses. The code that reaches them is loaded by the first. */
export interface UsedTokens {
  readonly open: (uri: Pkcs11Uri, ask: boolean) => Promise<Token>;
  /** The token that a URI names, without logging in. */
  readonly look: (uri: Pkcs11Uri) => Promise<TokenSlot>;
  readonly close: () => void;
}

/** The tokens of the module that lotmint.yaml names; `usage` where it names none. */
export function makeUsedTokens(
  around: SecretSources,
  home: Home,
  site: () => Site,
  statusLine: Pick<StatusLine, "clear">,
): UsedTokens {
  let tokens: Tokens | undefined;
  const used = async (): Promise<Tokens> => {
    const { hsm } = site();
    if (hsm === undefined) {
      throw new OnboardingError(
        `a key in a token needs its PKCS#11 module; add to ${home.siteFile}: hsm: { module: /path/to/module.so }`,
        { code: "usage" },
      );
    }
    const { openTokens } = await import("../authority/hsm/open-tokens.ts");
    tokens ??= openTokens(hsm);
    return tokens;
  };
  return {
    open: async (uri, ask) =>
      (await used()).open(uri, (label) => {
        statusLine.clear();
        return findPin(around, label, ask);
      }),
    look: async (uri) => (await used()).look(uri),
    close: () => tokens?.close(),
  };
}

/** What opens an authority's key. Throws `usage` where a passphrase or PIN is missing, and errors of the token. */
export async function openKeyAccess(
  around: SecretSources,
  home: Home,
  tokens: UsedTokens,
  authority: string,
  { file, ask = true }: KeyAccessOptions,
): Promise<KeyAccess> {
  const layout = authorityLayout(home, authority);
  const uri = readTokenUri(layout);
  if (uri !== undefined) {
    const { parsePkcs11Uri } = await import("../authority/hsm/pkcs11-uri.ts");
    return tokens.open(parsePkcs11Uri(uri), ask);
  }
  if (ask) return findPassphrase(around, home, authority, { file, confirm: false });
  return requirePassphrase(around, authority, file);
}

/** Throws `usage` unless the passphrase of an authority's key, or the PIN of its token, is given; opens neither. */
export function requireGivenAccess(around: Pick<SecretSources, "secrets">, home: Home, authority: string): void {
  if (readTokenUri(authorityLayout(home, authority)) === undefined) requirePassphrase(around, authority);
  else if (around.secrets.hsmPin() === undefined) throw noPin(`of authority ${authority}`);
}

/** Asked for once: a wrong one counts towards locking the token, so that nobody is asked again. */
async function findPin({ secrets, stdin, stderr }: SecretSources, label: string, ask: boolean): Promise<string> {
  const given = secrets.hsmPin();
  if (given !== undefined) return given;
  const typed =
    ask && stdin.isTTY && stderr.isTTY
      ? await askPassphrase(`PIN of the token ${JSON.stringify(label)}: `, stdin, stderr)
      : "";
  if (typed !== "") return typed;
  throw noPin(JSON.stringify(label));
}

function noPin(token: string): OnboardingError {
  return new OnboardingError(`no PIN given for the token ${token}; set LOTMINT_HSM_PIN or LOTMINT_HSM_PIN_FILE`, {
    code: "usage",
  });
}

/** Nobody is there to be asked. Throws `usage`. */
function requirePassphrase(around: Pick<SecretSources, "secrets">, authority: string, file?: string): string {
  const given = givenPassphrase(around, authority, file);
  if (given !== undefined) return given;
  const variable = passphraseVariable(authority);
  throw new OnboardingError(
    `no passphrase given for authority ${authority}, and nobody is asked; set ${variable} or ${variable}_FILE`,
    { code: "usage" },
  );
}
