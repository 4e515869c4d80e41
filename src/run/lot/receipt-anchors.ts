import { hash } from "node:crypto";
import { readableAuthorities } from "../../authority/load-authority.ts";
import type { Home } from "../../disk/layout.ts";
import type { Receipt } from "../../domain/receipt.ts";
import type { CertificateFields } from "../../x509/read-certificate.ts";

/** What a home trusts of a receipt's issuer: the anchors of the authorities with its certificate; undefined: none has it. */
export function receiptAnchors(home: Home, { issuer }: Receipt): readonly CertificateFields[] | undefined {
  const anchors = readableAuthorities(home)
    .filter(({ certificateDer }) => hash("sha256", certificateDer, "hex") === issuer.sha256)
    .flatMap(({ chain }) => chain.slice(-1));
  return anchors.length === 0 ? undefined : anchors;
}
