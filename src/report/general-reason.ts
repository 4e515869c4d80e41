const QUOTED = /"[^"]*"|“[^”]*”|`[^`]*`|(?<!\w)'[^']*'(?!\w)/g;
const UUID_OR_DIGEST = /\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]*[0-9])[0-9a-f]{16,})\b/gi;
/** A word with many digits in a row is a device's number, not a term: SN-2026-000017, but not P-256 or rsa-2048. */
const NUMBERED_WORD = /[\w.-]*\d{5,}[\w.-]*/g;
/** Numbers that stand alone; those in X.520, PKCS#10 and P-256 are names. */
const NUMBER = /(?<![\w#.\-…])\d+(?:[.,]\d+)*(?![\w-])/g;
/** Longer reasons are the platform's own stories; their start tells the kind. */
const LONGEST = 160;

/**
 * The reason of one reject in general form: what is particular to the device (its id, quoted values,
 * numbers) becomes `…`, so that the same error on many devices reads the same.
 */
export function generalReason(reason: string, externalId = ""): string {
  const named = reason.includes(externalId) ? withoutId(reason, externalId) : reason;
  const general = named
    .replace(QUOTED, "…")
    .replace(UUID_OR_DIGEST, "…")
    .replace(NUMBERED_WORD, "…")
    .replace(NUMBER, "…")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return general.length > LONGEST ? `${general.slice(0, LONGEST - 1)}…` : general;
}

/** An id counts where it stands as a word: the id `A` does not take the A out of ALREADY. */
function withoutId(reason: string, externalId: string): string {
  return externalId === ""
    ? reason
    : reason.replace(new RegExp(`(?<!\\w)${RegExp.escape(externalId)}(?!\\w)`, "g"), "…");
}
