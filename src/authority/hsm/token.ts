import { hash, type KeyObject, randomBytes, verify } from "node:crypto";
import type { KeyAlgorithm } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import type { HsmSite } from "../../domain/hsm.ts";
import { findPrivateKey } from "./find-key.ts";
import { findSlot, handleOf, numberOf, type TokenSlot } from "./find-slot.ts";
import { generatePair } from "./generate-pair.ts";
import { closeQuietly, type LoggedIn } from "./login.ts";
import { CK, type Handle, type Pkcs11 } from "./pkcs11.ts";
import { CKR, CkrError, ckrOf, isSessionLost } from "./pkcs11-error.ts";
import { type Pkcs11Uri, parsePkcs11Uri } from "./pkcs11-uri.ts";
import { makeSessionBoard, releaseSessionsOf, renewLostSessions, type SessionBoard } from "./session-board.ts";
import type { SignDigest, ThreadKey } from "./thread-key.ts";
import { asTokenError } from "./token-error.ts";
import { signInToken } from "./token-signature.ts";

/** A private key in a token, which signs and never comes out. */
export interface TokenKey {
  readonly kind: "ec" | "rsa";
  /** On the main thread, in its own session. Throws `issuer-unusable`. */
  readonly signDigest: SignDigest;
  /** The same key for threads: opens the site's number of sessions, unless they are open. Throws `issuer-unusable`. */
  readonly forThreads: () => ThreadKey;
  /** How many threads can sign at the same time. */
  readonly sessions: number;
  /** To be told when a thread has ended, however it did. */
  readonly threadEnded: (threadId: number) => void;
}

/** A token that is logged in. */
export interface Token {
  readonly label: string;
  /** The private key that a URI names. Throws `issuer-unusable` where there is none, or more than one. */
  readonly findKey: (uri: Pkcs11Uri) => TokenKey;
  /** Makes a pair for the URI's label and id. `usage` where one of them is taken, else errors as of `findKey`. */
  readonly generate: (uri: Pkcs11Uri, algorithm: KeyAlgorithm) => NewTokenKey;
  readonly close: () => void;
}

/** A pair that was just made. */
export interface NewTokenKey {
  readonly key: TokenKey;
  readonly publicKey: KeyObject;
  /** Takes the pair away again; what hinders it is not told, since there is an error already. */
  readonly destroy: () => void;
}

interface TokenOptions {
  readonly hsm: HsmSite;
  /** Of pkcs11js. */
  readonly packageFile: string;
  readonly slot: TokenSlot;
  readonly loggedIn: LoggedIn;
  /** Initialises the module again, after it has said that it is not. */
  readonly initialize: () => void;
}

/** A key by its URI, with the memory that its handle stands in. */
interface KnownKey {
  readonly uri: Pkcs11Uri;
  readonly key: TokenKey;
  readonly handle: SharedArrayBuffer;
}

/** The token of a slot that is logged in. One is made for each token of a process; it lives as long as the process signs. */
export function openToken(pkcs11: Pkcs11, { hsm, packageFile, slot, loggedIn, initialize }: TokenOptions): Token {
  const { label } = slot;
  const identity = parsePkcs11Uri(
    `pkcs11:token=${encodeURIComponent(label)};serial=${encodeURIComponent(slot.serial)}`,
  );
  const handleOctets = loggedIn.session.length;
  let place: Handle = slot.slot;
  let session = loggedIn.session;
  const known = new Map<string, KnownKey>();
  let threads: { readonly board: SessionBoard; readonly close: () => void } | undefined;

  /** Makes the main thread's session good: a new one where it is lost, the login where it is lost too, the keys' handles. */
  const renew = (code: number): void => {
    if (code === CKR.CRYPTOKI_NOT_INITIALIZED) initialize();
    if (!isLoggedIn(pkcs11, session)) {
      closeQuietly(pkcs11, session);
      place = orElse(CKR.TOKEN_NOT_PRESENT, () => findSlot(pkcs11, identity).slot);
      session = pkcs11.C_OpenSession(place, CK.CKF_SERIAL_SESSION);
      if (!isLoggedIn(pkcs11, session)) loggedIn.again(session);
    }
    for (const { uri, handle } of known.values()) {
      const found = orElse(CKR.KEY_HANDLE_INVALID, () => findPrivateKey(pkcs11, session, uri));
      Atomics.store(new BigUint64Array(handle), 0, numberOf(found.handle));
    }
  };

  /** Does what needs the main thread's session, once more in a new one where it was lost. */
  const inSession = <T>(act: () => T): T => {
    try {
      try {
        return act();
      } catch (error) {
        const code = ckrOf(error);
        if (code === undefined || !isSessionLost(code)) throw error;
        closeQuietly(pkcs11, session);
        renew(code);
        return act();
      }
    } catch (error) {
      throw asTokenError(label, error);
    }
  };

  const openThreads = (): SessionBoard => {
    if (threads !== undefined) return threads.board;
    const handles: bigint[] = [];
    try {
      for (let count = 0; count < hsm.sessions; count++) {
        handles.push(numberOf(pkcs11.C_OpenSession(place, CK.CKF_SERIAL_SESSION)));
      }
    } catch (error) {
      for (const handle of handles) closeQuietly(pkcs11, handleOf(handle, handleOctets));
      const code = ckrOf(error);
      if (code === undefined || isSessionLost(code)) throw error;
      throw new OnboardingError(
        `the token ${JSON.stringify(label)} opens ${handles.length} sessions for signing and no more (${(error as Error).message}); lower hsm.sessions in lotmint.yaml`,
        { code: "issuer-unusable", cause: error },
      );
    }
    const board = makeSessionBoard(handles);
    const renewing = renewLostSessions(board, (code, old) => {
      closeQuietly(pkcs11, handleOf(old, handleOctets));
      try {
        renew(code);
        return { handle: numberOf(pkcs11.C_OpenSession(place, CK.CKF_SERIAL_SESSION)) };
      } catch (error) {
        return { code: ckrOf(error) ?? CKR.GENERAL_ERROR };
      }
    });
    threads = { board, close: renewing.close };
    return board;
  };

  const findKey = (uri: Pkcs11Uri): TokenKey => {
    const before = known.get(uri.text);
    if (before !== undefined) return before.key;
    const found = inSession(() => findPrivateKey(pkcs11, session, uri));
    const handle = new SharedArrayBuffer(8);
    const handles = new BigUint64Array(handle);
    handles[0] = numberOf(found.handle);
    const { kind } = found;
    const key: TokenKey = {
      kind,
      sessions: hsm.sessions,
      signDigest: (name, octets) =>
        inSession(() =>
          signInToken(
            pkcs11,
            session,
            { kind, handle: handleOf(Atomics.load(handles, 0), handleOctets) },
            { name, octets },
          ),
        ),
      forThreads: () => ({
        module: hsm.module,
        packageFile,
        label,
        kind,
        handle,
        handleOctets,
        sessions: inSession(openThreads),
      }),
      threadEnded: (threadId) => {
        if (threads !== undefined) releaseSessionsOf(threads.board, threadId);
      },
    };
    known.set(uri.text, { uri, key, handle });
    return key;
  };

  /** In a session that may write; the login holds for it as well. */
  const writing = <T>(act: (session: Handle) => T): T =>
    inSession(() => {
      const own = pkcs11.C_OpenSession(place, CK.CKF_SERIAL_SESSION | CK.CKF_RW_SESSION);
      try {
        return act(own);
      } finally {
        closeQuietly(pkcs11, own);
      }
    });

  return {
    label,
    findKey,
    generate: (uri, algorithm) => {
      const pair = writing((own) => generatePair(pkcs11, own, uri, algorithm));
      const destroy = () => {
        try {
          writing(pair.destroy);
          known.delete(uri.text);
        } catch (error) {
          if (!(error instanceof OnboardingError)) throw error;
        }
      };
      try {
        return { key: findKey(uri), publicKey: pair.publicKey, destroy };
      } catch (error) {
        destroy();
        throw error;
      }
    },
    close: () => {
      threads?.close();
      threads = undefined;
      known.clear();
    },
  };
}

function isLoggedIn(pkcs11: Pkcs11, session: Handle): boolean {
  try {
    const { state } = pkcs11.C_GetSessionInfo(session);
    return state === CK.CKS_RO_USER_FUNCTIONS || state === CK.CKS_RW_USER_FUNCTIONS;
  } catch (error) {
    if (ckrOf(error) === undefined) throw error;
    return false;
  }
}

/** What is found by a URI, or the CKR value that says that it is not there any more. */
function orElse<T>(code: number, find: () => T): T {
  try {
    return find();
  } catch (cause) {
    throw cause instanceof OnboardingError ? new CkrError(code, { cause }) : cause;
  }
}

/** Proves by a signature that a key in a token is the one of a public key. */
export function isKeyOf(key: TokenKey, publicKey: KeyObject): boolean {
  const isEc = publicKey.asymmetricKeyType === "ec";
  if (key.kind !== (isEc ? "ec" : "rsa")) return false;
  const message = randomBytes(32);
  return verify("sha256", message, publicKey, key.signDigest("sha256", hash("sha256", message, "buffer")));
}
