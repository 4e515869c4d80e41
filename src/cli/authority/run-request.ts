import { requestAuthority } from "../../authority/request/request-authority.ts";
import type { KeyAlgorithm } from "../../domain/certificate.ts";
import { parseSubject } from "../../x509/distinguished-name.ts";
import type { CliContext } from "../context.ts";
import { withRecoveredLedger } from "../with-settled-ledger.ts";

export interface RequestArguments {
  readonly name: string;
  readonly subject?: string | undefined;
  readonly key: KeyAlgorithm;
  readonly passphraseFile?: string | undefined;
}

/** `lotmint authority request`: the key stays here, the request goes to stdout and to whoever signs it. */
export async function runRequest(args: RequestArguments, context: CliContext): Promise<number> {
  const { name, key, passphraseFile } = args;
  const subject = args.subject === undefined ? undefined : parseSubject(args.subject);
  const file = passphraseFile === undefined ? {} : { file: passphraseFile };
  const passphrase = await context.passphrase(name, { ...file, confirm: true });
  const requested = await withRecoveredLedger(context, (ledger) =>
    requestAuthority(context.home, ledger, { name, subject, key, passphrase, nowMs: context.now() }),
  );
  context.printJson(requested);
  // The request alone, so that it can be piped to whoever signs it.
  context.print(requested.pem);
  context.log.info(
    { request: requested.path },
    `the request is in ${requested.path}; have it signed as an authority, then: lotmint authority import ${name} --certificate FILE`,
  );
  return 0;
}
