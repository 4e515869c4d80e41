/**
 * The sessions of a token that the threads of this process sign with, in memory that they share. A session is used by
 * one thread at a time; a thread that finds none free waits. All sessions are opened by the main thread alone, which
 * has the PIN: a thread whose session is lost says so here and waits until it is renewed.
 */

/** Number of sessions that are free. */
const FREE_COUNT = 0;
/** Counts up whenever a thread has lost a session. */
const LOST_COUNT = 1;
const HEADER_WORDS = 2;
/** Of each session: its state, the thread that has it, and the CKR value that it was lost or not renewed with. */
const STATE = 0;
const OWNER = 1;
const ERROR = 2;
const SESSION_WORDS = 3;

const FREE = 0;
const TAKEN = 1;
const LOST = 2;
const NOT_RENEWED = 3;

/** Can be handed to a thread. */
export interface SessionBoard {
  readonly words: SharedArrayBuffer;
  /** The handles, 64 bits each. */
  readonly handles: SharedArrayBuffer;
}

/** A session that the calling thread has to itself. */
export interface TakenSession {
  readonly handle: () => bigint;
  /** Has the main thread renew it and waits for that; the CKR value of what hindered it, or undefined. */
  readonly renew: (code: number) => number | undefined;
  readonly release: () => void;
}

/** A board for sessions of these handles, all of them free. */
export function makeSessionBoard(handles: readonly bigint[]): SessionBoard {
  const board = {
    words: new SharedArrayBuffer(4 * (HEADER_WORDS + SESSION_WORDS * handles.length)),
    handles: new SharedArrayBuffer(8 * handles.length),
  };
  new BigUint64Array(board.handles).set(handles);
  new Int32Array(board.words)[FREE_COUNT] = handles.length;
  return board;
}

/** Takes a free session for the calling thread, waiting until there is one. Not for the main thread, which renews them. */
export function takeSession(board: SessionBoard, threadId: number): TakenSession {
  const words = new Int32Array(board.words);
  const handles = new BigUint64Array(board.handles);
  const index = claim(words, handles.length);
  const word = (name: number) => HEADER_WORDS + SESSION_WORDS * index + name;
  Atomics.store(words, word(OWNER), threadId);
  return {
    handle: () => Atomics.load(handles, index),
    renew: (code) => {
      Atomics.store(words, word(ERROR), code);
      Atomics.store(words, word(STATE), LOST);
      Atomics.add(words, LOST_COUNT, 1);
      Atomics.notify(words, LOST_COUNT);
      while (Atomics.load(words, word(STATE)) === LOST) Atomics.wait(words, word(STATE), LOST);
      const renewed = Atomics.load(words, word(STATE)) !== NOT_RENEWED;
      Atomics.store(words, word(STATE), TAKEN);
      return renewed ? undefined : Atomics.load(words, word(ERROR));
    },
    release: () => free(words, index),
  };
}

function claim(words: Int32Array, sessions: number): number {
  for (;;) {
    const count = Atomics.load(words, FREE_COUNT);
    if (count <= 0) Atomics.wait(words, FREE_COUNT, count);
    else if (Atomics.compareExchange(words, FREE_COUNT, count, count - 1) === count) break;
  }
  // One is free for each that was counted down.
  for (let index = 0; ; index = (index + 1) % sessions) {
    const state = HEADER_WORDS + SESSION_WORDS * index + STATE;
    if (Atomics.compareExchange(words, state, FREE, TAKEN) === FREE) return index;
  }
}

function free(words: Int32Array, index: number): void {
  const at = HEADER_WORDS + SESSION_WORDS * index;
  Atomics.store(words, at + OWNER, 0);
  Atomics.store(words, at + STATE, FREE);
  Atomics.add(words, FREE_COUNT, 1);
  Atomics.notify(words, FREE_COUNT, 1);
}

/**
 * The main thread's side: calls `renew` for each session that a thread has lost, with the CKR value and its old handle;
 * it gives the new handle, or the CKR value of what hindered it. Ends with `close`, after which nothing is renewed.
 */
export function renewLostSessions(
  board: SessionBoard,
  renew: (code: number, old: bigint) => { readonly handle: bigint } | { readonly code: number },
): { readonly close: () => void } {
  const words = new Int32Array(board.words);
  const handles = new BigUint64Array(board.handles);
  let closed = false;
  const renewAll = () => {
    for (let index = 0; index < handles.length; index++) {
      const at = HEADER_WORDS + SESSION_WORDS * index;
      if (Atomics.load(words, at + STATE) !== LOST) continue;
      const renewed = renew(Atomics.load(words, at + ERROR), Atomics.load(handles, index));
      if ("handle" in renewed) Atomics.store(handles, index, renewed.handle);
      else Atomics.store(words, at + ERROR, renewed.code);
      Atomics.store(words, at + STATE, "handle" in renewed ? TAKEN : NOT_RENEWED);
      Atomics.notify(words, at + STATE);
    }
  };
  const watch = (): void => {
    if (closed) return;
    const seen = Atomics.load(words, LOST_COUNT);
    renewAll();
    const waiting = Atomics.waitAsync(words, LOST_COUNT, seen);
    if (waiting.async) void waiting.value.then(watch);
    else setImmediate(watch);
  };
  watch();
  return {
    close: () => {
      closed = true;
      Atomics.notify(words, LOST_COUNT);
    },
  };
}

/** Frees the sessions of a thread that has ended with some in its hands. */
export function releaseSessionsOf(board: SessionBoard, threadId: number): void {
  const words = new Int32Array(board.words);
  for (let index = 0; index < new BigUint64Array(board.handles).length; index++) {
    const at = HEADER_WORDS + SESSION_WORDS * index;
    if (Atomics.load(words, at + STATE) !== FREE && Atomics.load(words, at + OWNER) === threadId) free(words, index);
  }
}
