import { OnboardingError } from "../../domain/error.ts";
import { CKR, ckrOf, nameOfCkr } from "./pkcs11-error.ts";

const GONE: ReadonlySet<number> = new Set([
  CKR.SLOT_ID_INVALID,
  CKR.DEVICE_ERROR,
  CKR.DEVICE_REMOVED,
  CKR.TOKEN_NOT_PRESENT,
  CKR.TOKEN_NOT_RECOGNIZED,
]);
const KEY_GONE: ReadonlySet<number> = new Set([CKR.KEY_HANDLE_INVALID, CKR.OBJECT_HANDLE_INVALID]);

/** What to do about a PIN that a token refused, by its CKR value; undefined for errors that are no refusal of a PIN. */
function pinProblem(code: number): string | undefined {
  switch (code) {
    case CKR.PIN_INCORRECT:
      return "refuses the PIN; it was tried once and is not tried again: check LOTMINT_HSM_PIN before the next run, since a token counts wrong PINs and locks itself";
    case CKR.PIN_LOCKED:
      return "has locked its PIN after too many wrong ones; have the security officer set a new one (C_InitPIN, with the tool of its maker)";
    case CKR.PIN_EXPIRED:
      return "says that the PIN has expired; set a new one with the tool of its maker";
    case CKR.PIN_INVALID:
    case CKR.PIN_LEN_RANGE:
      return "refuses the PIN: it has characters or a length that no PIN of this token has; check LOTMINT_HSM_PIN";
    case CKR.USER_PIN_NOT_INITIALIZED:
      return "has no user PIN yet; set one with the tool of its maker";
    default:
      return undefined;
  }
}

/** The error of a token, by its label and the CKR value of what failed: `issuer-unusable`, with what to do. */
export function tokenError(label: string, code: number, cause?: unknown): OnboardingError {
  const pin = pinProblem(code);
  if (pin !== undefined) return unusableToken(label, `${pin} (${nameOfCkr(code)})`, cause);
  if (GONE.has(code)) {
    return unusableToken(label, `is gone (${nameOfCkr(code)}); connect it and run the command again`, cause);
  }
  if (KEY_GONE.has(code)) {
    return unusableToken(
      label,
      `does not have the key any more (${nameOfCkr(code)}); restore it from its backup`,
      cause,
    );
  }
  return unusableToken(label, `failed (${nameOfCkr(code)}); look into the log of its module, and run again`, cause);
}

/** An error of PKCS#11 as the error of the token; any other error as it is. */
export function asTokenError(label: string, error: unknown): unknown {
  const code = ckrOf(error);
  return code === undefined ? error : tokenError(label, code, error);
}

/** `issuer-unusable`: the token, and what is wrong with it. */
export function unusableToken(label: string, problem: string, cause?: unknown): OnboardingError {
  return new OnboardingError(`the token ${JSON.stringify(label)} ${problem}`, { code: "issuer-unusable", cause });
}
