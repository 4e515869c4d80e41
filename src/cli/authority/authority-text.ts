import type { AuthorityDescription } from "../../authority/describe-authority.ts";
import type { AuthorityEntry } from "../../authority/load-authority.ts";
import { nounFor } from "../../domain/noun-for.ts";
import type { TrustedCertificate } from "../../platform/platform.ts";
import type { ShownTrust } from "../../platform/show-trust.ts";
import type { AuthorityBudget } from "../../run/lot/issuer-budget.ts";
import type { DescribedRevocations } from "../../run/revoke/describe-revocations.ts";

const LABEL = 15;

/** One authority, a fact a line. */
export function authorityText(authority: AuthorityDescription): string {
  return [
    row("name", authority.name),
    row("subject", authority.subject),
    row("issuer", authority.issuer),
    row("key", `${authority.key}${keyPlaceText(authority)}`),
    row("serial number", authority.serialNumber),
    row("valid", `${authority.notBefore} to ${authority.notAfter}`),
    row("path length", authority.pathLength === null ? "no limit" : String(authority.pathLength)),
    row("SHA-1", authority.sha1),
    row("SHA-256", authority.sha256),
    row("chain", authority.chain.join(`\n${" ".repeat(LABEL + 2)}`)),
  ].join("\n");
}

/** Where its key is, after the key's type. */
function keyPlaceText({ hasKey, hsm }: Pick<AuthorityDescription, "hasKey" | "hsm">): string {
  if (hsm !== null) return `, in a token: ${hsm}`;
  return hasKey ? "" : ", not here";
}

/** What relying parties refuse about its chain, and what they take all the same. */
export function judgementText(problem: string | null, warnings: readonly string[]): readonly string[] {
  return [
    ...(problem === null ? [] : [row("PROBLEM", `devices below it are refused: ${problem}`)]),
    ...warnings.map((warning) => row("warning", warning)),
  ];
}

/** What it has signed, and how long it will do for each of its jobs. */
export function budgetText({ issued, revoked, abandoned, notAfter, jobs }: AuthorityBudget): readonly string[] {
  return [
    row("certificates", `${issued} issued, ${revoked} revoked, ${abandoned} abandoned`),
    ...jobs
      .filter(({ outlivedFrom }) => outlivedFrom !== null)
      .map(({ job, outlivedFrom }) =>
        row(
          "outlived",
          `by certificates of job ${job} from ${outlivedFrom}; it ends on ${notAfter?.slice(0, 10) ?? "?"}`,
        ),
      ),
  ];
}

/** How its revocation list stands; nothing for an authority that has revoked nothing and written no list. */
export function revocationListText(name: string, list: DescribedRevocations, hasPlatform: boolean): readonly string[] {
  const { standing: status, due, written, unpushed } = list;
  if (status === "none") return [];
  const newest =
    written === null
      ? "none yet"
      : `number ${written.number}, ${written.entries} of ${due} ${nounFor(due, "entry", "entries")}, next update ${written.nextUpdate.slice(0, 10)}`;
  const text = status === "current" ? newest : `${status.toUpperCase()}: ${newest}; lotmint authority crl ${name}`;
  const push =
    hasPlatform && unpushed > 0 ? [row("", `the platform was not told of ${unpushed} of them (--push tells it)`)] : [];
  return [row("revocations", text), ...push];
}

/** How the platform sees it, beside what is here. */
export function trustText(trust: ShownTrust, authority: AuthorityDescription): readonly string[] {
  if (trust.kind === "away") return [row("platform", `not asked: ${trust.message}`)];
  const [own, ...above] = trust.trusted;
  const through = above.flatMap((certificate, index) =>
    certificate === undefined
      ? []
      : [row("", `trusts ${authority.chain[index + 1] ?? "?"} above it: ${settings(certificate)}`)],
  );
  const upload = `does not have it; upload it with: lotmint authority upload ${authority.name}`;
  const first = own === undefined ? (through.length === 0 ? upload : "does not have it itself") : settings(own);
  return [row("platform", `tenant ${trust.tenant} ${own === undefined ? first : `has it: ${first}`}`), ...through];
}

function settings(certificate: TrustedCertificate): string {
  const { status, autoRegistrationEnabled, proofOfPossessionValid, notAfter } = certificate;
  return [
    status,
    `auto registration ${autoRegistrationEnabled ? "on" : "off"}`,
    proofOfPossessionValid ? "possession proven" : "possession not proven",
    ...(notAfter === undefined ? [] : [`until ${notAfter}`]),
  ].join(", ");
}

/** An authority whose certificate has still to come. */
export function requestText(name: string, request: string): string {
  return [
    row("name", name),
    row("state", "requested; its key is here, its certificate has still to come"),
    row("request", request),
    row("to complete", `lotmint authority import ${name} --certificate FILE`),
  ].join("\n");
}

/** All authorities, one a line. */
export function authorityTable(authorities: readonly AuthorityEntry[]): string {
  if (authorities.length === 0) return "No authorities yet. Make a root and an intermediate with: lotmint init";
  const rows = [["NAME", "KEY", "VALID UNTIL", "SUBJECT"], ...authorities.map(tableRow)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")).join("\n");
}

function tableRow(entry: AuthorityEntry): readonly string[] {
  if (entry.state !== "ready") return [entry.name, "-", entry.state, entry.problem];
  const { name, key, hasKey, hsm, notAfter, subject } = entry;
  return [name, hsm !== null ? `${key} (token)` : hasKey ? key : `${key} (no key)`, notAfter.slice(0, 10), subject];
}

function row(label: string, text: string): string {
  return `  ${label.padEnd(LABEL)}${text}`;
}
