import { readAuthority } from "../../authority/load-authority.ts";
import { unusableAuthority } from "../../authority/stored-authority.ts";
import { loadCrlIssuer } from "../../authority/write-crl.ts";
import { OnboardingError } from "../../domain/error.ts";
import { recoverIssuer } from "../../run/lot/recover-issuer.ts";
import { issueCrl } from "../../run/revoke/issue-crl.ts";
import type { Published } from "../../run/revoke/publish-revocations.ts";
import { pushRevocations } from "../../run/revoke/push-revocations.ts";
import { type CliContext, makeRunTools } from "../context.ts";
import { logErrors, publishedJson, publishedText } from "../published-text.ts";
import { withRecoveredLedger } from "../with-recovered-ledger.ts";

export interface CrlArguments {
  readonly name: string;
  readonly push: boolean;
  readonly passphraseFile?: string | undefined;
}

/** `lotmint authority crl`: recovers what killed runs left, then writes the authority's revocation list. */
export async function runCrl(args: CrlArguments, context: CliContext): Promise<number> {
  const { name } = args;
  if (!readAuthority(context.home, name).hasKey) {
    throw unusableAuthority(name, "its key is not here; write its revocation list where the key is");
  }
  return withRecoveredLedger(context, async (ledger) => {
    const tools = await makeRunTools(context, ledger, args.passphraseFile);
    const platform = args.push ? await context.openPlatform() : undefined;
    try {
      const issuer = loadCrlIssuer(context.home, name, await tools.issuerAccess(name), context.now());
      const { held } = await recoverIssuer(tools, name);
      const crl = await issueCrl(tools, issuer);
      let published: Published = { crls: [{ kind: "written", issuer: name, crl }], errors: [] };
      if (platform !== undefined) {
        try {
          published = { ...published, push: await pushRevocations(tools, platform, [name]) };
        } catch (error) {
          if (!(error instanceof OnboardingError)) throw error;
          published = { ...published, errors: [error] };
        }
      }
      const exitCode = logErrors(published.errors, context);
      context.printJson({ ...crl, runsUnderWay: held, ...publishedJson(published), exitCode });
      const waiting = held.map((lot) => `  a run holds lot ${lot}: what it has under way is not in the list`);
      context.print([publishedText(published), ...waiting].join("\n"));
      return exitCode;
    } finally {
      await platform?.close();
    }
  });
}
