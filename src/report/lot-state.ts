/** How a lot stands, as the lamp on the line shows it. */
export interface LotState {
  readonly lamp: "green" | "amber" | "red";
  readonly word: string;
  /** What the reader should do now. */
  readonly advice: string;
}

const STOPPED: Readonly<Record<number, readonly [lamp: "amber" | "red", word: string, advice: string]>> = {
  1: ["red", "stopped by a defect", "Call the engineer and keep the log; running again is safe."],
  2: [
    "red",
    "not started",
    "Where the message names the manifest, correct it and run again. Where it names a job, a setting or an option, that is for the engineer.",
  ],
  10: [
    "red",
    "the issuer cannot sign",
    "Call the engineer: the authority's certificate, key or passphrase needs attention.",
  ],
  11: [
    "red",
    "held by another run",
    "Wait until the other run has ended; if this lot is not finished then, run again.",
  ],
  12: [
    "red",
    "the platform refused",
    "Call the engineer: the platform's answer has to be acted on. Minted devices are not lost.",
  ],
  13: [
    "amber",
    "the platform was not reached",
    "Run it again later; what is minted stays, and only what is missing is sent.",
  ],
  14: [
    "red",
    "the disk cannot be written",
    "Call the engineer: the disk needs room or repair. Nothing is lost; run again afterwards.",
  ],
  15: ["red", "the ledger is damaged", "Call the engineer before anything else is run."],
  16: ["red", "the clock is not plausible", "Call the engineer: this machine's clock has to be set. Then run again."],
  130: ["amber", "stopped by hand", "Run it again to go on where it stopped."],
};

/**
 * The lamp, its word and the next step for a run's exit code (the scheduler reads the same code). With secret columns,
 * which rejects.csv leaves out, rows are corrected in the manifest.
 */
export function lotState(exitCode: number, secretColumns: readonly string[] = []): LotState {
  if (exitCode === 0) return { lamp: "green", word: "done", advice: "Nothing is left to do." };
  if (exitCode === 3) {
    return {
      lamp: "amber",
      word: "done, some devices rejected",
      advice:
        secretColumns.length > 0
          ? "Correct the rows in the manifest and drop it again: it completes this lot. rejects.csv says what is wrong with them; it leaves out secret columns."
          : "Correct the rows in rejects.csv and run or drop that file: it completes this lot.",
    };
  }
  const [lamp, word, advice] = STOPPED[exitCode] ?? ["red", "stopped", "Call the engineer."];
  return { lamp, word, advice };
}

/** Who can act on what stops a lot: nobody has to where it goes on by itself. */
export function whoCanAct(exitCode: number): "nobody" | "engineer" {
  return [11, 13, 130].includes(exitCode) ? "nobody" : "engineer";
}
