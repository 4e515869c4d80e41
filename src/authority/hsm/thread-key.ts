import { threadId } from "node:worker_threads";
import { handleOf } from "./find-slot.ts";
import { loadPkcs11 } from "./pkcs11.ts";
import { ckrOf, isSessionLost } from "./pkcs11-error.ts";
import { type SessionBoard, takeSession } from "./session-board.ts";
import { asTokenError, tokenError } from "./token-error.ts";
import { signInToken, type TokenDigest } from "./token-signature.ts";

/** A key in a token, for a thread that mints; the module is initialised and logged in by the main thread. Survives the structured clone. */
export interface ThreadKey {
  readonly module: string;
  /** The file of pkcs11js: a thread looks for packages in other places than the main thread. */
  readonly packageFile: string;
  /** The token's. */
  readonly label: string;
  readonly kind: "ec" | "rsa";
  /** Where its handle stands, 64 bits: another one after the token was away. */
  readonly handle: SharedArrayBuffer;
  readonly handleOctets: number;
  readonly sessions: SessionBoard;
}

/** Signs a digest; a signature whose session was lost is made once more in a new one. */
export type SignDigest = (name: TokenDigest, octets: Buffer) => Buffer;

/** Loads the module for the calling thread. Signing throws `issuer-unusable` when the token is gone or refuses. */
export function openThreadKey(key: ThreadKey): SignDigest {
  const pkcs11 = loadPkcs11(key.module, key.packageFile);
  const handles = new BigUint64Array(key.handle);
  return (name, octets) => {
    const session = takeSession(key.sessions, threadId);
    const signOnce = () =>
      signInToken(
        pkcs11,
        handleOf(session.handle(), key.handleOctets),
        { kind: key.kind, handle: handleOf(Atomics.load(handles, 0), key.handleOctets) },
        { name, octets },
      );
    try {
      try {
        return signOnce();
      } catch (error) {
        const code = ckrOf(error);
        if (code === undefined || !isSessionLost(code)) throw error;
        const hindered = session.renew(code);
        if (hindered !== undefined) throw tokenError(key.label, hindered, error);
        return signOnce();
      }
    } catch (error) {
      throw asTokenError(key.label, error);
    } finally {
      session.release();
    }
  };
}
