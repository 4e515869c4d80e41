import { createHmac, randomBytes } from "node:crypto";
import type { TokenSlot } from "./find-slot.ts";
import { CK, type Handle, type Pkcs11, TOKEN_FLAG } from "./pkcs11.ts";
import { CKR, CkrError, ckrOf } from "./pkcs11-error.ts";
import { asTokenError, tokenError, unusableToken } from "./token-error.ts";

/** Gives the user's PIN of a token, by its label; throws `usage` where none is given. */
export type PinSource = (label: string) => Promise<string>;

/** A token's first session, and how to log in again where its login is lost. */
export interface LoggedIn {
  readonly session: Handle;
  /** Throws errors with a CKR value. A PIN that is refused now is not tried again. */
  readonly again: (session: Handle) => void;
}

/** Which PINs were refused in this process; the PINs themselves are not kept. */
export interface PinMemory {
  readonly refused: (token: TokenSlot, pin: string) => number | undefined;
  readonly remember: (token: TokenSlot, pin: string, code: number) => void;
}

export function makePinMemory(): PinMemory {
  const key = randomBytes(32);
  const codes = new Map<string, number>();
  const nameOf = ({ serial, label }: TokenSlot, pin: string) =>
    `${serial}\n${label}\n${createHmac("sha256", key).update(pin).digest("hex")}`;
  return {
    refused: (token, pin) => codes.get(nameOf(token, pin)),
    remember: (token, pin, code) => void codes.set(nameOf(token, pin), code),
  };
}

/** Refusals of a PIN that would come again; each try may count towards locking the token. */
const FINAL: ReadonlySet<number> = new Set([
  CKR.PIN_INCORRECT,
  CKR.PIN_INVALID,
  CKR.PIN_LEN_RANGE,
  CKR.PIN_EXPIRED,
  CKR.PIN_LOCKED,
]);

/**
 * Opens a session with a token and logs in as its user, once: a PIN that was refused before in this process is not tried
 * again, and none is tried on a token that is locked or has its last try left. Without a login of its own (no PIN, or one
 * that is typed at the token) nobody is asked. Throws `issuer-unusable`, and what `pin` throws.
 */
export async function login(pkcs11: Pkcs11, slot: TokenSlot, pin: PinSource, memory: PinMemory): Promise<LoggedIn> {
  const { label } = slot;
  requireTries(slot);
  const session = openFirst(pkcs11, slot);
  try {
    if ((slot.flags & TOKEN_FLAG.LOGIN_REQUIRED) === 0) return { session, again: () => undefined };
    const atToken = (slot.flags & TOKEN_FLAG.PROTECTED_AUTHENTICATION_PATH) !== 0;
    const given = atToken ? undefined : await pin(label);
    const again = (inSession: Handle) => {
      const before = given === undefined ? undefined : memory.refused(slot, given);
      if (before !== undefined) throw new CkrError(before);
      try {
        pkcs11.C_Login(inSession, CK.CKU_USER, given);
      } catch (error) {
        const code = ckrOf(error);
        if (code === CKR.USER_ALREADY_LOGGED_IN) return;
        if (code !== undefined && FINAL.has(code) && given !== undefined) memory.remember(slot, given, code);
        throw error;
      }
    };
    again(session);
    return { session, again };
  } catch (error) {
    closeQuietly(pkcs11, session);
    throw asTokenError(label, error);
  }
}

function requireTries({ label, flags }: TokenSlot): void {
  if ((flags & TOKEN_FLAG.USER_PIN_LOCKED) !== 0) throw tokenError(label, CKR.PIN_LOCKED);
  if ((flags & TOKEN_FLAG.USER_PIN_FINAL_TRY) !== 0) {
    throw unusableToken(
      label,
      "has one try for its PIN left before it locks itself; log in once with the tool of its maker, which gives it all tries back, and run again",
    );
  }
  if ((flags & TOKEN_FLAG.LOGIN_REQUIRED) !== 0 && (flags & TOKEN_FLAG.USER_PIN_INITIALIZED) === 0) {
    throw tokenError(label, CKR.USER_PIN_NOT_INITIALIZED);
  }
}

function openFirst(pkcs11: Pkcs11, { slot, label }: TokenSlot): Handle {
  try {
    return pkcs11.C_OpenSession(slot, CK.CKF_SERIAL_SESSION);
  } catch (error) {
    throw asTokenError(label, error);
  }
}

/** Closes a session that may be gone already. */
export function closeQuietly(pkcs11: Pkcs11, session: Handle): void {
  try {
    pkcs11.C_CloseSession(session);
  } catch {
    // It was lost, or the token is.
  }
}
