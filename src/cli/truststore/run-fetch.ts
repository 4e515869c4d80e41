import { dirname } from "node:path";
import {
  choosePinned,
  type PresentedCertificate,
  parseFingerprint,
  readPresented,
} from "../../authority/foreign/presented-certificates.ts";
import { ensureFolder, PRIVATE_FOLDER, replaceShared, SHARED_FILE } from "../../disk/durable.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { fetchServerChain } from "../../platform/http/fetch-server-chain.ts";
import { askYesNo } from "../ask-yes-no.ts";
import type { CliContext } from "../context.ts";

export interface FetchArguments {
  readonly server: string;
  readonly fingerprint?: string | undefined;
  readonly leaf: boolean;
}

/**
 * `lotmint truststore fetch`: shows what a server presents and, once somebody has said that it is the right one,
 * pins it for the truststores of all jobs. No run does so by itself.
 */
export async function runFetch(args: FetchArguments, context: CliContext): Promise<number> {
  const { server, leaf } = args;
  const { host, port } = parseServer(server);
  const fingerprint = args.fingerprint === undefined ? undefined : parseFingerprint(args.fingerprint);
  if (args.fingerprint !== undefined && fingerprint === undefined) {
    throw usage("--fingerprint must be the SHA-256 of a certificate: 64 hex digits, with or without colons");
  }
  const onTerminal = context.stdin.isTTY && context.stderr.isTTY;
  if (fingerprint === undefined && !onTerminal) {
    throw usage("there is no terminal to confirm the server on; pass the --fingerprint of one of its certificates");
  }
  const chain = await fetchServerChain(host, port, { signal: context.signal });
  const presented = readPresented(server, chain, context.now());
  if (fingerprint === undefined) context.show(presentedText(server, presented));
  const pinned = choosePinned(server, presented, { leaf, fingerprint });
  for (const warning of warnings(pinned, leaf)) context.log.warn(warning);
  if (fingerprint === undefined) {
    const question = `Are these the server's, and shall devices trust ${describePinned(pinned)}?`;
    if (!(await askYesNo(question, context.stdin, context.stderr)))
      throw usage("nothing was pinned: the answer was no");
  }
  await pin(server, pinned, leaf, context);
  context.printJson({ server, leaf, presented: presented.map(withoutPem), pinned: pinned.map(({ sha256 }) => sha256) });
  context.print(`Pinned for truststores, in place of what was pinned before: ${describePinned(pinned)}`);
  return EXIT.done;
}

/** Recorded first: certificates that devices will trust may not come from nowhere. */
async function pin(
  server: string,
  pinned: readonly PresentedCertificate[],
  leaf: boolean,
  { home, withLedger }: CliContext,
): Promise<void> {
  await withLedger(async (ledger) => {
    const sha256 = pinned.map((certificate) => certificate.sha256);
    await ledger.recordEvent({ kind: "truststore-pinned", subject: server, detail: { sha256, leaf } });
    ensureFolder(home.state, PRIVATE_FOLDER);
    ensureFolder(dirname(home.pinnedCertificates), PRIVATE_FOLDER);
    replaceShared(home.pinnedCertificates, pinned.map(({ pem }) => pem).join(""), SHARED_FILE);
  });
}

function warnings(pinned: readonly PresentedCertificate[], leaf: boolean): readonly string[] {
  const [first] = pinned;
  const top = pinned.at(-1);
  if (leaf && first !== undefined) {
    return [
      `this is the server's own certificate: devices that trust nothing else refuse the server once it gets a new one, on ${first.notAfter.slice(0, 10)} at the latest`,
    ];
  }
  if (top === undefined || top.selfSigned) return [];
  return [
    `the server does not present its root, so ${top.subject} is pinned, an intermediate: Java takes it for an anchor, OpenSSL only with partial chains allowed; name the root's file in the job's truststore if devices need it`,
  ];
}

function presentedText(server: string, presented: readonly PresentedCertificate[]): string {
  const lines = presented.map(({ subject, issuer, notBefore, notAfter, sha256, authority }, index) => {
    const kind = authority ? "CA" : index === 0 ? "the server's own" : "no CA";
    return `  ${index + 1}. ${subject} (${kind})\n     issuer   ${issuer}\n     valid    ${notBefore} to ${notAfter}\n     SHA-256  ${sha256}\n`;
  });
  return `${server} presents:\n${lines.join("")}`;
}

function describePinned(pinned: readonly PresentedCertificate[]): string {
  return pinned.map(({ subject }) => subject).join(" and ");
}

function withoutPem({ pem: _pem, ...certificate }: PresentedCertificate): Omit<PresentedCertificate, "pem"> {
  return certificate;
}

function parseServer(server: string): { readonly host: string; readonly port: number } {
  const [, six, name, port = ""] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:/@\s]+)):(\d{1,5})$/.exec(server) ?? [];
  const host = six ?? name;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
    throw usage(`${JSON.stringify(server)} is no HOST:PORT, such as mqtt.acme.example:8883`);
  }
  return { host, port: Number(port) };
}

function usage(message: string): OnboardingError {
  return new OnboardingError(message, { code: "usage" });
}
