import { createHash } from "node:crypto";
import { join } from "node:path";
import type { LoadedIssuer } from "../../authority/load-authority.ts";
import { openSigner } from "../../authority/signer.ts";
import { encodeCrlEntries, signCrl } from "../../authority/write-crl.ts";
import { announceStep } from "../../disk/announce-step.ts";
import { commitFilled, SHARED_FILE, startReplacement } from "../../disk/durable.ts";
import { authorityLayout } from "../../disk/layout.ts";
import { openScratchFile } from "../../disk/scratch-file.ts";
import { OnboardingError } from "../../domain/error.ts";
import { isoTime } from "../../domain/iso-time.ts";
import { awaitKernelLock } from "../../ledger/sqlite/kernel-lock.ts";
import { startPem } from "../../x509/pem.ts";
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
 * that write it at once the later one waits, so that an older list never takes the place of a newer one. It is never held
 * in memory as a whole: its entries are written aside page by page, and the list is made from that file. What a killed
 * process left aside, the next one replaces.
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

async function writeCrl(tools: Pick<RunTools, "home" | "ledger" | "now">, issuer: LoadedIssuer): Promise<WrittenCrl> {
  const { home, ledger, now } = tools;
  const { crlDer, crlPem, crlEntries } = authorityLayout(home, issuer.name);
  const number = await ledger.reserveCrl(issuer.name);
  announceStep("crl-reserved");
  const staged = openScratchFile(crlEntries);
  try {
    // The ledger is read once: what another process revokes meanwhile may be missing, but never in the count alone.
    let entries = 0;
    for await (const page of ledger.revokedSerials(issuer.name)) {
      staged.append(encodeCrlEntries(page));
      entries += page.length;
    }
    announceStep("crl-staged");
    const thisUpdateMs = Math.floor(now() / 1000) * 1000;
    const nextUpdateMs = thisUpdateMs + NEXT_UPDATE_MS;
    const certificate = readCertificate(issuer.certificateDer);
    const request = { issuer: certificate, number, thisUpdateMs, nextUpdateMs, entries: staged };
    const sha256 = replaceList(crlDer, crlPem, signCrl(request, openSigner(issuer.signer)));
    announceStep("crl-written");
    await ledger.recordCrl({ issuer: issuer.name, number, entries, sha256, thisUpdateMs, nextUpdateMs });
    return {
      issuer: issuer.name,
      number,
      entries,
      nextUpdate: isoTime(nextUpdateMs),
      pem: crlPem,
      der: crlDer,
    };
  } finally {
    staged.discard();
  }
}

/** Writes both forms aside as the pieces come, then puts both in place; the DER's SHA-256. */
function replaceList(derPath: string, pemPath: string, pieces: Iterable<Uint8Array>): string {
  const digest = createHash("sha256");
  // The DER is in place before the PEM: where that fails, neither is replaced.
  commitFilled(startReplacement(pemPath, SHARED_FILE), (writePem) =>
    commitFilled(startReplacement(derPath, SHARED_FILE), (writeDer) => {
      const block = startPem("X509 CRL", writePem);
      for (const piece of pieces) {
        digest.update(piece);
        writeDer(piece);
        block.add(piece);
      }
      block.end();
    }),
  );
  return digest.digest("hex");
}
