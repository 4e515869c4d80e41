import { type DestinationStream, type Logger, pino } from "pino";
import { localTime, type Paint, paint, textWidth, wrapText } from "../report/plain-text.ts";
import type { StatusLine } from "./status-line.ts";
import { jsonLine, terminalMessage } from "./terminal-text.ts";

export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";
export type LogFormat = "text" | "json";

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** True: each entry begins with the local time, for what runs for days. */
  readonly times?: boolean;
  /** Cleared before an entry is written. */
  readonly statusLine?: Pick<StatusLine, "clear">;
}

interface Entry {
  readonly level: number;
  readonly time: string;
  readonly msg?: string;
  readonly lot?: unknown;
  readonly stack?: unknown;
}

const LEVEL_WORDS: Readonly<Record<number, readonly [word: string, paint: Paint]>> = {
  20: ["debug", "dim"],
  40: ["warning", "amber"],
  50: ["error", "red"],
  60: ["error", "red"],
};

/**
 * The log on stderr: sentences for people, JSON lines for machines; the fields of an entry are in the JSON alone.
 * Entries name lots, ids and files; no secret is ever handed to it, and fields whose name sounds like one are
 * blanked besides.
 */
export function openLog(stream: NodeJS.WriteStream, options: LogOptions): Logger {
  const pinoOptions = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: [
      "password",
      "passphrase",
      "token",
      "authorization",
      "*.password",
      "*.passphrase",
      "*.token",
      "*.authorization",
    ],
  };
  return pino(pinoOptions, options.format === "json" ? jsonDestination(stream) : textDestination(stream, options));
}

/** Somebody may look at them on a terminal later. */
function jsonDestination(stream: NodeJS.WriteStream): DestinationStream {
  return { write: (line) => void stream.write(jsonLine(line)) };
}

/**
 * Turns pino's JSON lines into sentences: on a terminal wrapped at its width, elsewhere a line for each line of the
 * message, so that it can be searched. The lot is named where the sentence does not do so itself.
 */
function textDestination(stream: NodeJS.WriteStream, { times, statusLine }: LogOptions): DestinationStream {
  const colour = stream.isTTY === true && stream.hasColors?.() === true;
  return {
    write(line: string) {
      const { level, time, msg = "", lot, stack } = JSON.parse(line) as Entry;
      const about = typeof lot === "string" && lot !== "" && !msg.includes(lot) ? `${lot}: ` : "";
      const [word, tone] = LEVEL_WORDS[level] ?? ["", "dim"];
      const start = `${times === true ? `${localTime(Date.parse(time))} ` : ""}${word === "" ? "" : `${paint(word, tone, { colour })}: `}`;
      const text = `${about}${msg}${stack === undefined ? "" : `\n${String(stack)}`}`;
      statusLine?.clear();
      stream.write(`${stream.isTTY === true ? wrapped(text, start, stream.columns) : start + terminalMessage(text)}\n`);
    },
  };
}

/** Lines after the first are indented, so that none can pass for another entry. */
function wrapped(text: string, start: string, columns: number): string {
  const width = textWidth(columns);
  return text
    .split("\n")
    .map((line, index) => wrapText(line, index === 0 ? start : "  ", "  ", width))
    .join("\n");
}
