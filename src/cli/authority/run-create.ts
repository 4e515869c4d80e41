import { createAuthority } from "../../authority/create-authority.ts";
import { loadIssuer } from "../../authority/load-authority.ts";
import { askedValidity } from "../../config/asked-validity.ts";
import type { KeyAlgorithm } from "../../domain/certificate.ts";
import { refuseRevokedIssuer } from "../../run/lot/refuse-revoked-issuer.ts";
import { requireChecked } from "../../run/lot/restored-home.ts";
import { parseSubject } from "../../x509/distinguished-name.ts";
import type { CliContext } from "../context.ts";
import { withRecoveredLedger } from "../with-recovered-ledger.ts";
import { authorityText } from "./authority-text.ts";
import { keyPlace } from "./key-place.ts";

export interface CreateArguments {
  readonly name: string;
  readonly issuer?: string | undefined;
  readonly subject?: string | undefined;
  readonly key: KeyAlgorithm;
  readonly validity?: string | undefined;
  readonly pathLength?: number | undefined;
  /** PKCS#11 URI. */
  readonly hsm?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly issuerPassphraseFile?: string | undefined;
}

/** `lotmint authority create`: a root, or an intermediate under an issuer of this home. */
export async function runCreate(args: CreateArguments, context: CliContext): Promise<number> {
  const { home, now, site } = context;
  const { maxChain } = site();
  const issuer =
    args.issuer === undefined
      ? undefined
      : loadIssuer(
          home,
          args.issuer,
          await context.keyAccess(args.issuer, { file: args.issuerPassphraseFile }),
          now(),
          maxChain,
        );
  const place = await keyPlace(args, context);
  const authority = await withRecoveredLedger(context, async (ledger) => {
    // A new root has a key of its own, of which nothing can have been signed before.
    if (issuer !== undefined) {
      await requireChecked(home, ledger);
      await refuseRevokedIssuer(ledger, issuer);
    }
    return createAuthority(home, ledger, {
      name: args.name,
      subject: args.subject === undefined ? undefined : parseSubject(args.subject),
      key: args.key,
      validity: args.validity === undefined ? undefined : askedValidity(args.validity, now()),
      pathLength: args.pathLength,
      ...place,
      maxChain,
      nowMs: now(),
      issuer,
    });
  });
  context.printJson(authority);
  context.print(authorityText(authority));
  return 0;
}
