import { resolve } from "node:path";
import { readForeignFile, unusableFile } from "../../authority/foreign/foreign-file.ts";
import { loadIssuer } from "../../authority/load-authority.ts";
import { readPkcs10 } from "../../authority/request/read-pkcs10.ts";
import { type SignedRequest, signRequest } from "../../authority/request/sign-request.ts";
import { digests } from "../../authority/stored-authority.ts";
import { askedValidity } from "../../config/asked-validity.ts";
import { checkVacant, placeNewFile } from "../../disk/place-new-file.ts";
import { OnboardingError } from "../../domain/error.ts";
import { plainText } from "../../report/plain-text.ts";
import { refuseRevokedIssuer } from "../../run/lot/refuse-revoked-issuer.ts";
import { requireChecked } from "../../run/lot/restored-home.ts";
import { describeName } from "../../x509/distinguished-name.ts";
import type { CliContext } from "../context.ts";
import { withRecoveredLedger } from "../with-recovered-ledger.ts";

export interface SignArguments {
  readonly request: string;
  readonly issuer: string;
  readonly out: string;
  readonly validity?: string | undefined;
  readonly pathLength?: number | undefined;
  readonly passphraseFile?: string | undefined;
}

/** `lotmint authority sign`: an intermediate whose key lives elsewhere. --out gets certificate and chain, or nothing. */
export async function runSign(args: SignArguments, context: CliContext): Promise<number> {
  const { home, now } = context;
  const path = resolve(context.cwd, args.request);
  const out = resolve(context.cwd, args.out);
  checkVacant(out);
  const request = readPkcs10(readForeignFile(path));
  if ("problem" in request) throw unusableFile(path, request.problem);
  const validity = args.validity === undefined ? undefined : askedValidity(args.validity, now());
  const { maxChain } = context.site();
  const issuer = loadIssuer(
    home,
    args.issuer,
    await context.keyAccess(args.issuer, { file: args.passphraseFile }),
    now(),
    maxChain,
  );
  const signed = await withRecoveredLedger(context, async (ledger) => {
    await requireChecked(home, ledger);
    await refuseRevokedIssuer(ledger, issuer);
    return signRequest(home, ledger, {
      request,
      issuer,
      validity,
      pathLength: args.pathLength,
      maxChain,
      nowMs: now(),
    });
  });
  handOver(out, signed);
  const { certificate } = signed;
  const shown = {
    subject: describeName(certificate.subject),
    issuer: args.issuer,
    serialNumber: certificate.serialNumber,
    sha256: digests(certificate.raw).sha256,
    notAfter: new Date(certificate.notAfterMs).toISOString().replace(".000", ""),
    pathLength: certificate.basicConstraints?.pathLength ?? null,
    out,
  };
  context.printJson(shown);
  context.print(
    `${shown.subject}: signed by ${args.issuer} until ${shown.notAfter}, serial number ${shown.serialNumber}; certificate and chain are in ${plainText(out)}`,
  );
  return 0;
}

/** The certificate exists and is recorded by now: an error here says where to find it. */
function handOver(out: string, { pem, path }: SignedRequest): void {
  try {
    placeNewFile(out, pem);
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    throw new OnboardingError(`${error.message}; the certificate was signed, and stands without its chain in ${path}`, {
      code: error.code,
      cause: error,
    });
  }
}
