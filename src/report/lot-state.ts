/** How a lot stands, as the lamp on the line shows it. */
export interface LotState {
  readonly lamp: "green" | "amber" | "red";
  readonly word: string;
  /** What the reader should do now. */
  readonly advice: string;
}

const STOPPED: Readonly<Record<number, readonly [word: string, advice: string]>> = {
  1: ["stopped by a defect", "Call the engineer and keep the log; running again is safe."],
  2: ["not started", "Mend the job, the manifest or the arguments that the message names, then run again."],
  10: ["the issuer cannot sign", "Call the engineer: the authority's certificate, key or passphrase needs attention."],
  11: ["held by another run", "Wait until the other run has ended; if this lot is not finished then, run again."],
  12: [
    "the platform refused",
    "Call the engineer: the platform's answer has to be acted on. Minted devices are not lost.",
  ],
  13: ["the platform was not reached", "Run it again later; what is minted stays, and only what is missing is sent."],
  14: ["the disk cannot be written", "Make room or mend the disk, then run again; nothing is lost."],
  15: ["the ledger is damaged", "Call the engineer before anything else is run."],
  16: ["the clock is not plausible", "Set this machine's clock, then run again."],
  130: ["stopped by hand", "Run it again to go on where it stopped."],
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
          : "Mend the rows in rejects.csv and drop that file: it completes this lot.",
    };
  }
  const [word, advice] = STOPPED[exitCode] ?? ["stopped", "Call the engineer."];
  return { lamp: "red", word, advice };
}
