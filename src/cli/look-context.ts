import type { Logger } from "pino";
import type { Secrets } from "../config/secrets.ts";
import { type Home, homeLayout } from "../disk/layout.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { textWidth } from "../report/plain-text.ts";
import { type HomeUse, requireHome } from "./require-home.ts";
import type { StatusLine } from "./status-line.ts";
import { jsonLine, terminalText } from "./terminal-text.ts";

/** The process around a command: given, so that nothing below has to reach for it. */
export interface CliProcess {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly cwd: string;
  readonly secrets: Secrets;
  /** Aborted by the first signal of `stopSignals`. */
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Whose rights the process has; undefined on Windows. */
  readonly userId: number | undefined;
  /** True when the terminal obeys no control sequences (TERM=dumb): nothing is redrawn on it. */
  readonly dumbTerminal?: boolean;
}

/** What a command has at hand that only looks into the ledger: no configuration, log or platform has to be loaded for it. */
export interface LookContext extends CliProcess {
  readonly home: Home;
  readonly json: boolean;
  /** Whether stdout shows colours. */
  readonly colour: boolean;
  /** Columns that a result's text is wrapped at. */
  readonly width: number;
  /** The line on the terminal that is redrawn; to be cleared before anything else is written there. */
  readonly statusLine: StatusLine;
  /** Result for a person; left out under --json. */
  readonly print: (text: string) => void;
  /** Result for a machine; left out without --json. */
  readonly printJson: (value: unknown) => void;
  /** What a person has to see before a question; on stderr. */
  readonly show: (text: string) => void;
  /** The log; loaded by the first call. */
  readonly openLog: () => Promise<Logger>;
  /** Opens the ledger for the length of `use`, to look at it: none is made, and a read-only disk will do. */
  readonly withLedgerToRead: <T>(use: (ledger: Ledger) => Promise<T>) => Promise<T>;
}

export interface LookOptions {
  readonly home: string;
  readonly use: HomeUse;
  readonly json: boolean;
  readonly statusLine: StatusLine;
  readonly openLog: () => Promise<Logger>;
}

/** Refuses a home that is not fit for `use` (see `requireHome`); touches nothing else. */
export function makeLookContext(around: CliProcess, options: LookOptions): LookContext {
  const { use, json, statusLine, openLog } = options;
  const home = homeLayout(options.home);
  requireHome(home, use, around.userId);
  const colour = around.stdout.isTTY && around.stdout.hasColors();
  return {
    ...around,
    home,
    json,
    colour,
    width: textWidth(around.stdout.columns),
    statusLine,
    openLog,
    print: (text) => {
      statusLine.clear();
      if (!json) around.stdout.write(terminalText(text.endsWith("\n") ? text : `${text}\n`, { colour }));
    },
    printJson: (value) => {
      statusLine.clear();
      if (json) around.stdout.write(`${jsonLine(JSON.stringify(value))}\n`);
    },
    show: (text) => {
      statusLine.clear();
      around.stderr.write(terminalText(text, { colour: false }));
    },
    withLedgerToRead: async (act) => {
      const { openHomeLedgerToRead } = await import("./open-home-ledger.ts");
      return useAndClose(await openHomeLedgerToRead(home, around.now), act);
    },
  };
}

export async function useAndClose<L extends Ledger, T>(ledger: L, use: (ledger: L) => Promise<T>): Promise<T> {
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}
