import { hash } from "node:crypto";
import { readAuthority, readableAuthorities } from "../../authority/load-authority.ts";
import type { StoredAuthority } from "../../authority/stored-authority.ts";
import type { RevocationReason } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { publishRevocations } from "../../run/revoke/publish-revocations.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import { logErrors, publishedJson, publishedText } from "../published-text.ts";
import { withRecoveredLedger } from "../with-recovered-ledger.ts";

export interface RevokeAuthorityArguments {
  readonly name: string;
  readonly reason: RevocationReason;
  readonly yes: boolean;
  readonly push: boolean;
  readonly passphraseFile?: string | undefined;
}

/** `lotmint authority revoke`: an intermediate goes into its issuer's revocation list; a dry run unless `--yes`. */
export async function runRevokeAuthority(args: RevokeAuthorityArguments, context: CliContext): Promise<number> {
  const { name, reason } = args;
  const authority = readAuthority(context.home, name);
  const issuer = findIssuer(authority, context);
  return withRecoveredLedger(context, async (ledger) => {
    const { issued, revoked } = await ledger.countCertificates(name);
    const { serialNumber } = authority.certificate;
    const valid = issued - revoked;
    if (!args.yes) {
      context.printJson({ dryRun: true, name, serialNumber, issuer, reason, validCertificates: valid });
      context.print(
        `Nothing was done. With --yes authority ${name} would be revoked (${reason}) in the revocation list of ${issuer},\n` +
          `and with it the ${valid} ${nounFor(valid, "certificate that it has signed and that is", "certificates that it has signed and that are")} valid. It cannot be undone.`,
      );
      return EXIT.done;
    }
    const tools = await makeRunTools(context, ledger, args.passphraseFile);
    const platform = args.push ? await context.openPlatform() : undefined;
    try {
      const now = await recordRevocation(ledger, authority, issuer, reason, context.now());
      const published = await publishRevocations(tools, [issuer], platform);
      const exitCode = logErrors(published.errors, context);
      context.printJson({
        dryRun: false,
        name,
        serialNumber,
        issuer,
        reason,
        revoked: now,
        ...publishedJson(published),
        exitCode,
      });
      context.print(
        `authority ${name} ${now ? `is revoked (${reason})` : "was revoked before"}; nothing is signed with it any more\n${publishedText(published)}`,
      );
      return exitCode;
    } finally {
      await platform?.close();
    }
  });
}

/** The authority of this home that has signed it. */
function findIssuer({ name, chain, certificate }: StoredAuthority, context: CliContext): string {
  const above = chain[1];
  if (above === undefined) {
    throw new OnboardingError(
      `${name} is a root: there is no authority above it that could revoke it; remove it from the platform and from every truststore`,
      { code: "usage" },
    );
  }
  const found = readableAuthorities(context.home).find(
    (other) => other.hasKey && other.certificate.raw.equals(above.raw),
  );
  if (found !== undefined) return found.name;
  throw new OnboardingError(
    `${name} was issued by ${describeName(certificate.issuer)}, whose key is not here; have it revoked where the key is`,
    { code: "usage" },
  );
}

/** False when it was revoked before. One that another tool signed is taken into the ledger with its revocation. */
async function recordRevocation(
  ledger: Ledger,
  { certificate }: StoredAuthority,
  issuer: string,
  reason: RevocationReason,
  nowMs: number,
): Promise<boolean> {
  const { serialNumber } = certificate;
  const sha256 = hash("sha256", certificate.raw);
  if (await ledger.isRevoked({ serialNumber, sha256 })) return false;
  if (await ledger.revokeCertificate({ serialNumber, reason })) return true;
  await ledger.adoptCertificates(issuer, [
    {
      serialNumber,
      subject: describeName(certificate.subject),
      notAfterMs: certificate.notAfterMs,
      sha256,
      publicKeySha256: hash("sha256", certificate.spki),
      revoked: { atMs: nowMs, reason },
    },
  ]);
  return true;
}
