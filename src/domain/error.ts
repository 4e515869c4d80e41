/**
 * The faults that end a run, by what their reader has to do. A closed list: add a code only where
 * somebody treats it differently; `cli/exit-code.ts` gives each its exit code.
 */
export type OnboardingErrorCode =
  /** Arguments, configuration, job or manifest are unusable, or a passphrase was not given. */
  | "usage"
  /** The issuing authority cannot sign: wrong passphrase, expired, not a CA, chain broken. */
  | "issuer-unusable"
  /** Another run holds the lot, or has taken it over. */
  | "lot-held"
  /** The platform answered, and its answer is no. */
  | "platform-refused"
  /** The platform did not answer usefully in the time allowed. */
  | "platform-unreachable"
  /** A disk is full, read-only or gone. */
  | "disk-unwritable"
  /** The ledger or its event chain contradicts itself. */
  | "state-damaged"
  /** This machine's clock disagrees with the ledger or the platform. */
  | "clock-implausible"
  /** A signal asked to stop. */
  | "stopped";

/**
 * A fault that ends the run. The message says what is wrong and what to do about it, and never
 * holds a key, a password or a passphrase.
 */
export class OnboardingError extends Error {
  readonly code: OnboardingErrorCode;
  /** What whoever dropped a manifest can correct by themselves: the manifest or its name. Undefined: not theirs. */
  readonly concerns: "manifest" | "name" | undefined;

  constructor(
    message: string,
    options: { readonly code: OnboardingErrorCode; readonly cause?: unknown; readonly concerns?: "manifest" | "name" },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "OnboardingError";
    this.code = options.code;
    this.concerns = options.concerns;
  }
}
