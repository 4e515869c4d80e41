import { OnboardingError, type OnboardingErrorCode } from "../../domain/error.ts";
import type { ReceiptSigner } from "./run-tools.ts";

/** What a run gathers step by step, for the report. */
export interface Walk {
  readonly startedAtMs: number;
  /** Wall time of each step that did something, in milliseconds, in the order of the run. */
  readonly stages: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
  /** Errors that did not end the run at once, such as a platform that cannot be reached. */
  readonly errors: readonly OnboardingError[];
  /** Devices that were minted. */
  readonly minted: number;
  /** The issuer that was opened for minting: opening its key again would cost its derivation again. */
  readonly receiptSigner: ReceiptSigner | undefined;
  /** True once the run has done anything that its reports should show. */
  readonly changed: boolean;
  /** Does the work of one step and records how long it took. */
  room<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Something worth a new report has happened. */
  progressed(): void;
  addMinted(devices: number): void;
  /** Keeps an opened issuer for the receipt. */
  keepSigner(signer: ReceiptSigner): void;
  /** Tells the report's reader something, in a sentence; the same is told once. */
  note(sentence: string): void;
  /** Records an error that shows in the exit code, while the run continues. */
  error(message: string, code: OnboardingErrorCode): void;
}

export function startWalk(now: () => number): Walk {
  const stages: Record<string, number> = {};
  const notes = new Set<string>();
  const errors: OnboardingError[] = [];
  let minted = 0;
  let changed = false;
  let receiptSigner: ReceiptSigner | undefined;
  return {
    startedAtMs: now(),
    stages,
    errors,
    get notes() {
      return [...notes];
    },
    get minted() {
      return minted;
    },
    get receiptSigner() {
      return receiptSigner;
    },
    keepSigner: (signer) => {
      receiptSigner = signer;
    },
    get changed() {
      return changed || minted > 0 || errors.length > 0;
    },
    room: async (name, work) => {
      const beganMs = now();
      try {
        return await work();
      } finally {
        stages[name] = (stages[name] ?? 0) + now() - beganMs;
      }
    },
    progressed: () => {
      changed = true;
    },
    addMinted: (devices) => {
      minted += devices;
    },
    note: (sentence) => {
      notes.add(sentence);
    },
    error: (message, code) => {
      errors.push(new OnboardingError(message, { code }));
    },
  };
}
