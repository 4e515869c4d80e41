import { isoTime } from "../../domain/iso-time.ts";
import { nounFor } from "../../domain/noun-for.ts";
import { count, plainText } from "../../report/plain-text.ts";
import type { JudgedFile } from "../../run/receipt/judge-receipt-file.ts";
import type { SinceThen } from "../../verify/verify-receipt.ts";

const SHOWN = 10;

/** What a receipt says, and what was found of it. */
export function judgedReceiptText({ file, receipt, sha256, faults, notChecked, sinceThen }: JudgedFile): string {
  const lines = [
    receipt === undefined
      ? `${plainText(file)}: no receipt any more`
      : `Receipt ${receipt.number} of lot ${plainText(receipt.lot)}, ${receipt.endedAt}`,
  ];
  if (receipt !== undefined) {
    lines.push(
      `  devices   ${count(receipt.devices.count)}, SHA-256 ${receipt.devices.sha256}`,
      `  issuer    ${receipt.issuer.name} (${plainText(receipt.issuer.subject)})`,
      `  operator  ${plainText(receipt.operator)} on ${plainText(receipt.host)}`,
    );
  }
  lines.push(`  SHA-256   ${sha256}`, `  file      ${plainText(file)}`);
  return [...lines, ...findings(faults, notChecked), ...sinceLines(sinceThen)].join("\n");
}

/** What does not fit, and what was not looked at. */
export function findings(faults: readonly string[], notChecked: readonly string[]): readonly string[] {
  return [
    ...faults.map((fault) => `  DOES NOT FIT: ${plainText(fault)}`),
    ...notChecked.map((what) => `  not checked: ${plainText(what)}`),
  ];
}

function sinceLines(since: SinceThen | undefined): readonly string[] {
  if (since === undefined) return [];
  const lines: string[] = [];
  const { revoked, reissued, added, receipts, manifests, parts, jobChanged, first } = since;
  const tell = (number: number, what: string) => {
    if (number > 0) lines.push(`  since then: ${count(number)} ${what}`);
  };
  tell(revoked, nounFor(revoked, "certificate revoked", "certificates revoked"));
  tell(reissued, nounFor(reissued, "certificate reissued", "certificates reissued"));
  for (const { externalId, serialNumber, atMs, reason, replacedBy } of first.slice(0, SHOWN)) {
    const became = replacedBy === null ? "revoked" : `reissued as ${replacedBy}`;
    lines.push(
      `    ${plainText(externalId)} (${serialNumber}): ${became} at ${isoTime(atMs)}${reason === null ? "" : `, ${reason}`}`,
    );
  }
  const more = revoked + reissued - Math.min(first.length, SHOWN);
  if (more > 0) lines.push(`    and ${count(more)} more`);
  tell(added, nounFor(added, "device added", "devices added"));
  tell(manifests, nounFor(manifests, "manifest taken in", "manifests taken in"));
  tell(parts, nounFor(parts, "registration part cut", "registration parts cut"));
  if (jobChanged) lines.push("  since then: the lot's job was changed");
  if (receipts.length > 0) lines.push(`  since then: receipt ${receipts.join(", ")} of the lot`);
  return lines;
}

/** What is told to machines. */
export function receiptJson({ file, receipt, sha256, faults, notChecked, sinceThen }: JudgedFile) {
  return {
    file,
    number: receipt?.number ?? null,
    lot: receipt?.lot ?? null,
    sha256,
    receipt: receipt ?? null,
    faults,
    notChecked,
    ...(sinceThen !== undefined && {
      sinceThen: {
        revoked: sinceThen.revoked,
        reissued: sinceThen.reissued,
        added: sinceThen.added,
        devices: sinceThen.first.map(({ externalId, atMs, ...change }) => ({
          id: externalId,
          ...change,
          at: isoTime(atMs),
        })),
        manifests: sinceThen.manifests,
        parts: sinceThen.parts,
        jobChanged: sinceThen.jobChanged,
        receipts: sinceThen.receipts,
      },
    }),
  };
}
