import type { AuthorityDescription } from "../authority/describe-authority.ts";
import type { CertificateCounts } from "../ledger/ledger.ts";

/** One authority, a fact a line. */
export function authorityText(authority: AuthorityDescription, certificates?: CertificateCounts): string {
  const rows: (readonly [string, string])[] = [
    ["name", authority.name],
    ["subject", authority.subject],
    ["issuer", authority.issuer],
    ["key", authority.hasKey ? authority.key : `${authority.key}, not here`],
    ["serial number", authority.serialNumber],
    ["valid", `${authority.notBefore} to ${authority.notAfter}`],
    ["path length", authority.pathLength === null ? "no limit" : String(authority.pathLength)],
    ["SHA-1", authority.sha1],
    ["SHA-256", authority.sha256],
    ["chain", authority.chain.join("\n                 ")],
  ];
  if (certificates !== undefined) {
    const { issued, revoked, abandoned } = certificates;
    rows.push(["certificates", `${issued} issued, ${revoked} revoked, ${abandoned} abandoned`]);
  }
  return rows.map(([label, value]) => `  ${label.padEnd(15)}${value}`).join("\n");
}

/** All authorities, one a line. */
export function authorityTable(authorities: readonly AuthorityDescription[]): string {
  if (authorities.length === 0) return "No authorities yet. Make a root with: lotmint authority create NAME";
  const rows = [
    ["NAME", "KEY", "VALID UNTIL", "SUBJECT"],
    ...authorities.map(({ name, key, hasKey, notAfter, subject }) => [
      name,
      hasKey ? key : `${key} (no key)`,
      notAfter.slice(0, 10),
      subject,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}
