import { exitCodeOf, worstExitCode } from "../domain/exit-code.ts";
import { nounFor } from "../domain/noun-for.ts";
import type { Published } from "../run/revoke/publish-revocations.ts";
import type { PushOutcome } from "../run/revoke/push-revocations.ts";
import type { RenewedCrl } from "../run/revoke/renew-crls.ts";
import type { CliContext } from "./context.ts";

const OFFLINE_KEY = "configuration/crl.offline.check.enabled";

/** What became of revocations outside the ledger, a line each. */
export function publishedText({ crls, push }: Pick<Published, "crls" | "push">): string {
  return [...crls.flatMap(crlText), ...(push === undefined ? [] : pushText(push))]
    .map((line) => `  ${line}`)
    .join("\n");
}

function crlText(refreshed: RenewedCrl): readonly string[] {
  const { issuer } = refreshed;
  switch (refreshed.kind) {
    case "written": {
      const { number, entries, nextUpdate, pem } = refreshed.crl;
      const noun = nounFor(entries, "entry", "entries");
      return [
        `revocation list ${number} of ${issuer}: ${entries} ${noun}, next update ${nextUpdate.slice(0, 10)}`,
        pem,
      ];
    }
    case "current":
      return [`the revocation list of ${issuer} is up to date`];
    case "elsewhere":
      return [`the key of ${issuer} is not here: its revocation list has to be written where it is`];
    case "skipped":
      return [`no revocation list was written: ${refreshed.reason}`];
    case "failed":
      return [`no revocation list of ${issuer} was written; see the log`];
  }
}

function pushText({ tenant, serials, offlineCheck }: PushOutcome): readonly string[] {
  const noun = nounFor(serials, "serial number");
  const told = serials === 0 ? `tenant ${tenant} knew it all` : `tenant ${tenant} took ${serials} ${noun}`;
  switch (offlineCheck) {
    case true:
      return [`${told}; its offline check is on`];
    case false:
      return [
        `${told}; its offline check is OFF: it goes on accepting revoked certificates`,
        `until its tenant option ${OFFLINE_KEY} is true`,
      ];
    case null:
      return [
        `${told}; whether its offline check is on could not be read`,
        `(tenant option ${OFFLINE_KEY}; it takes the role ROLE_OPTION_MANAGEMENT_READ)`,
      ];
  }
}

/** The same for `--json`. */
export function publishedJson({ crls, push, errors }: Published) {
  return {
    crls: crls.map((refreshed) => {
      const { kind, issuer } = refreshed;
      if (kind === "written") return { kind, ...refreshed.crl };
      if (kind === "skipped") return { kind, issuer, reason: refreshed.reason };
      return kind === "failed" ? { kind: "fault", issuer, message: refreshed.error.message } : { kind, issuer };
    }),
    push: push ?? null,
    faults: errors.map(({ code, message }) => ({ code, message })),
  };
}

/** Tells the errors in the log and says what they make the exit code. */
export function logErrors(errors: Published["errors"], context: CliContext): number {
  for (const error of errors) context.log.error({ code: error.code }, error.message);
  return worstExitCode(errors.map(exitCodeOf));
}
