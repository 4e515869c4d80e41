import { requestAuthority } from "../../authority/request/request-authority.ts";
import type { KeyAlgorithm } from "../../domain/certificate.ts";
import { parseSubject } from "../../x509/distinguished-name.ts";
import type { CliContext } from "../context.ts";
import { withRecoveredLedger } from "../with-recovered-ledger.ts";
import { keyPlace } from "./key-place.ts";

export interface RequestArguments {
  readonly name: string;
  readonly subject?: string | undefined;
  readonly key: KeyAlgorithm;
  /** PKCS#11 URI. */
  readonly hsm?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

/** `lotmint authority request`: the key stays here or in its token, the request goes to stdout, for the authority that signs it. */
export async function runRequest(args: RequestArguments, context: CliContext): Promise<number> {
  const { name, key } = args;
  const subject = args.subject === undefined ? undefined : parseSubject(args.subject);
  const place = await keyPlace(args, context);
  const requested = await withRecoveredLedger(context, (ledger) =>
    requestAuthority(context.home, ledger, { name, subject, key, ...place, nowMs: context.now() }),
  );
  context.printJson(requested);
  // The request alone, so that it can be piped to the tool that signs it.
  context.print(requested.pem);
  context.log.info(
    { request: requested.path },
    `the request is in ${requested.path}; have it signed as an authority, then: lotmint authority import ${name} --certificate FILE`,
  );
  return 0;
}
