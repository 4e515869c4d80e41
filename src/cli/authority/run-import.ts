import { resolve } from "node:path";
import { readForeignCertificates, readForeignFile } from "../../authority/foreign/foreign-file.ts";
import { importAuthority } from "../../authority/foreign/import-authority.ts";
import type { ForeignAuthority } from "../../authority/foreign/prove-foreign.ts";
import { type Passphrases, readPrivateKey } from "../../authority/foreign/read-private-key.ts";
import { parsePkcs11Uri } from "../../authority/hsm/pkcs11-uri.ts";
import { awaitsCertificate, readAuthority } from "../../authority/load-authority.ts";
import type { KeyPlace } from "../../authority/new-key.ts";
import type { AdoptedCertificate } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { nounFor } from "../../domain/noun-for.ts";
import { chainWarnings } from "../../x509/judge-chain.ts";
import { askPassphrase } from "../ask-passphrase.ts";
import type { CliContext } from "../context.ts";
import { withRecoveredLedger } from "../with-recovered-ledger.ts";
import { authorityText } from "./authority-text.ts";

export interface ImportArguments {
  readonly name: string;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** PKCS#11 URI of its private key. */
  readonly hsm?: string | undefined;
  readonly chain?: string | undefined;
  readonly pkcs12?: string | undefined;
  readonly opensslCa?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

/** What was read from the files that were named. */
interface Found {
  readonly foreign: ForeignAuthority;
  readonly issued: readonly AdoptedCertificate[];
  readonly notes: readonly string[];
}

/** `lotmint authority import`: an authority that was made elsewhere, or the certificate that one was requested for. */
export async function runImport(args: ImportArguments, context: CliContext): Promise<number> {
  checkSources(args);
  const { name } = args;
  const own = ownPassphrase(args, context);
  const { foreign, issued, notes: found } = await readSources(args, context, importPassphrases(context, own));
  const notes = [...found];
  const passphrase = foreign.key === undefined || awaitsCertificate(context.home, name) ? undefined : await own();
  const token = args.hsm === undefined ? undefined : await tokenOf(args.hsm, args, context);
  const authority = await withRecoveredLedger(context, (ledger) =>
    importAuthority(context.home, ledger, {
      name,
      foreign,
      issued,
      passphrase,
      token,
      maxChain: context.site().maxChain,
      nowMs: context.now(),
    }),
  );
  notes.push(...chainWarnings(readAuthority(context.home, name).chain));
  for (const note of notes) context.log.warn({ authority: name }, `authority ${name}: ${note}`);
  const revoked = issued.filter((one) => one.revoked !== null).length;
  context.printJson({ ...authority, adopted: { certificates: issued.length, revoked }, notes });
  context.print(authorityText(authority));
  if (issued.length > 0) {
    context.print(
      `  ${"taken in".padEnd(15)}${issued.length} ${nounFor(issued.length, "certificate")} that it has signed, ${revoked} of them revoked`,
    );
  }
  return 0;
}

function checkSources({ certificate, key, hsm, pkcs12, opensslCa }: ImportArguments): void {
  const given = [certificate, pkcs12, opensslCa].filter((source) => source !== undefined);
  if (given.length !== 1) {
    throw usage("name what to import by one of --certificate FILE, --pkcs12 FILE, --openssl-ca DIR");
  }
  if (key !== undefined && certificate === undefined) throw usage("--key goes with --certificate only");
  if (hsm !== undefined && (certificate === undefined || key !== undefined)) {
    throw usage("--hsm goes with --certificate, and without --key: the key stays in the token");
  }
}

/** The token, logged in. One that an authority was requested in is known already. */
async function tokenOf(hsm: string, { name }: ImportArguments, context: CliContext): Promise<KeyPlace["token"]> {
  if (awaitsCertificate(context.home, name)) {
    throw usage(`authority ${name} was requested here, and where its key is stands in authority.yaml; leave out --hsm`);
  }
  const uri = parsePkcs11Uri(hsm);
  return { token: await context.openToken(uri), uri };
}

async function readSources(args: ImportArguments, context: CliContext, passphrases: Passphrases): Promise<Found> {
  const path = (given: string) => resolve(context.cwd, given);
  const chain = args.chain === undefined ? [] : readForeignCertificates(path(args.chain));
  if (args.pkcs12 !== undefined) return readPkcs12Source(path(args.pkcs12), chain, passphrases);
  if (args.opensslCa !== undefined) return readOpensslSource(path(args.opensslCa), chain, passphrases);
  const certificates = readForeignCertificates(path(args.certificate ?? ""));
  const key = args.key === undefined ? undefined : await readKeyFile(path(args.key), passphrases);
  return { foreign: { certificates, above: chain, key }, issued: [], notes: [] };
}

async function readPkcs12Source(
  file: string,
  chain: ForeignAuthority["above"],
  passphrases: Passphrases,
): Promise<Found> {
  // node-forge takes a while to load, and is needed here only.
  const { readForeignPkcs12 } = await import("../../authority/foreign/read-foreign-pkcs12.ts");
  const { certificates, key, isOpen } = await readForeignPkcs12(readForeignFile(file), file, passphrases);
  const notes =
    key === undefined
      ? [`${file} holds no private key: for trust and upload only`]
      : isOpen
        ? [`${file} has no passphrase: whoever has the file has the authority's key; destroy it and its copies`]
        : [];
  return { foreign: { certificates, above: chain, key }, issued: [], notes };
}

async function readOpensslSource(
  folder: string,
  chain: ForeignAuthority["above"],
  passphrases: Passphrases,
): Promise<Found> {
  const { readOpensslCa } = await import("../../authority/foreign/read-openssl-ca.ts");
  const { certificates, above, keyFile, issued, notes } = readOpensslCa(folder);
  const key = keyFile === undefined ? undefined : await readKeyFile(keyFile, passphrases);
  const keyless = key === undefined ? [`no private key was found in ${folder}: for trust and upload only`] : [];
  return { foreign: { certificates, above: [...chain, ...above], key }, issued, notes: [...notes, ...keyless] };
}

async function readKeyFile(path: string, passphrases: Passphrases): ReturnType<typeof readPrivateKey> {
  const content = readForeignFile(path);
  try {
    return await readPrivateKey(content, path, passphrases);
  } finally {
    content.fill(0);
  }
}

/** The passphrase that the key is stored under; asked for once. */
function ownPassphrase({ name, passphraseFile }: ImportArguments, context: CliContext): () => Promise<string> {
  const file = passphraseFile === undefined ? {} : { file: passphraseFile };
  let asked: Promise<string> | undefined;
  return () => {
    asked ??= context.passphrase(name, { ...file, confirm: true });
    return asked;
  };
}

/** What may open a key that comes from elsewhere: LOTMINT_IMPORT_PASSPHRASE, the authority's own, what is typed. */
function importPassphrases({ secrets, stdin, stderr }: CliContext, own: () => Promise<string>): Passphrases {
  return async function* () {
    const given = secrets.importPassphrase();
    if (given !== undefined) yield given;
    yield await own();
    if (given === undefined && stdin.isTTY && stderr.isTTY) {
      yield await askPassphrase("Passphrase of the key that is imported: ", stdin, stderr);
    }
  };
}

function usage(message: string): OnboardingError {
  return new OnboardingError(message, { code: "usage" });
}
