import { type CredentialSecrets, passwordLogin } from "../config/secrets.ts";
import { OnboardingError } from "../domain/error.ts";
import type { PlatformSite } from "../domain/job.ts";
import type { SecretSources } from "./ask-passphrase.ts";

/**
 * How to log in to the platform: as the environment says; where it says nothing, with the password of `platform.user`
 * that somebody types on the terminal, if `ask` allows it. Throws `usage` where there is no login.
 */
export async function platformLogin(
  { secrets, stdin, stderr }: SecretSources,
  { url, user }: Pick<PlatformSite, "url" | "user">,
  ask: boolean,
): Promise<CredentialSecrets> {
  if (secrets.hasPlatformLogin() || !ask || user === undefined || !stdin.isTTY || !stderr.isTTY) {
    return secrets.platformCredentials(user);
  }
  // Loaded here only: a service is given its password.
  const { askPassphraseAgain } = await import("./ask-passphrase-again.ts");
  const question = {
    question: `Password of user ${user} on ${url}: `,
    confirm: false,
    problem: (typed: string) => (typed === "" ? "nothing was typed" : undefined),
    giveUp: () => new OnboardingError(`no password of user ${user} was given; nothing was done`, { code: "usage" }),
  };
  return passwordLogin(user, await askPassphraseAgain(question, stdin, stderr));
}
