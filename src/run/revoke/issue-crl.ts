import { hash } from "node:crypto";
import { join } from "node:path";
import type { LoadedIssuer } from "../../authority/load-authority.ts";
import { openSigner } from "../../authority/signer.ts";
import { encodeCrlEntries, signCrl } from "../../authority/write-crl.ts";
import { announceStep } from "../../disk/announce-step.ts";
import { replaceShared, SHARED_FILE } from "../../disk/durable.ts";
import { authorityLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { isoTime } from "../../domain/iso-time.ts";
import { awaitKernelLock } from "../../ledger/sqlite/kernel-lock.ts";
import { writePem } from "../../x509/pem.ts";
import { readCertificate } from "../../x509/read-certificate.ts";
import type { RunTools } from "../lot/run-tools.ts";

/** Until when a list may be relied on. A relying party fetches the next one by then. */
const NEXT_UPDATE_MS = 30 * 86_400_000;

/** More than a list of a million entries takes. */
const PATIENCE_MS = 2 * 60_000;

export interface WrittenCrl {
  readonly issuer: string;
  readonly number: number;
  readonly entries: number;
  /** ISO 8601, UTC. */
  readonly nextUpdate: string;
  /** Absolute paths. */
  readonly pem: string;
  readonly der: string;
}

/**
 * Writes an issuer's revocation list from the ledger: its number is reserved, it is signed, written as
 * crl.der and crl.pem, and recorded. A kill in between leaves a number unused, and the next list has it all. Of two
 * that write it at once the later one waits, so that an older list never takes the place of a newer one.
 */
export async function issueCrl(
  tools: Pick<RunTools, "home" | "ledger" | "now">,
  issuer: LoadedIssuer,
): Promise<WrittenCrl> {
  const lock = await awaitKernelLock(join(tools.home.locks, `crl-${issuer.name}`), PATIENCE_MS);
  if (lock === undefined) {
    throw new OnboardingError(`another process is still writing the revocation list of ${issuer.name}; run again`, {
      code: "lot-held",
    });
  }
  try {
    return await writeCrl(tools, issuer);
  } finally {
    lock.release();
  }
}

async function writeCrl(
  { home, ledger, now }: Pick<RunTools, "home" | "ledger" | "now">,
  issuer: LoadedIssuer,
): Promise<WrittenCrl> {
  const number = await ledger.reserveCrl(issuer.name);
  announceStep("crl-reserved");
  const pages: Buffer[] = [];
  let entries = 0;
  for await (const page of ledger.revokedSerials(issuer.name)) {
    pages.push(encodeCrlEntries(page));
    entries += page.length;
  }
  const thisUpdateMs = Math.floor(now() / 1000) * 1000;
  const nextUpdateMs = thisUpdateMs + NEXT_UPDATE_MS;
  const list = signCrl(
    {
      issuer: readCertificate(issuer.certificateDer),
      number,
      thisUpdateMs,
      nextUpdateMs,
      entries: Buffer.concat(pages),
    },
    openSigner(issuer.signer),
  );
  const { crlDer, crlPem } = authorityLayout(home, issuer.name);
  replaceShared(crlDer, list, SHARED_FILE);
  replaceShared(crlPem, writePem("X509 CRL", list), SHARED_FILE);
  announceStep("crl-written");
  const sha256 = hash("sha256", list);
  await ledger.recordCrl({ issuer: issuer.name, number, entries, sha256, thisUpdateMs, nextUpdateMs });
  return {
    issuer: issuer.name,
    number,
    entries,
    nextUpdate: isoTime(nextUpdateMs),
    pem: crlPem,
    der: crlDer,
  };
}
