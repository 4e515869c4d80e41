import { type DestinationStream, type Logger, pino } from "pino";
import { plainText } from "../report/plain-text.ts";
import { jsonLine, terminalMessage } from "./terminal-text.ts";

export type LogLevel = "silent" | "error" | "warn" | "info" | "debug";

const LEVEL_WORDS: Readonly<Record<number, string>> = { 20: "debug", 30: "", 40: "note", 50: "error", 60: "fatal" };

/** Fields that say to a machine what the words say to a person already. */
const FOR_MACHINES: ReadonlySet<string> = new Set(["lot", "code"]);

/**
 * The log on stderr: JSON lines for machines, one plain line an entry on a terminal. Entries name lots,
 * ids and files; no secret is ever handed to it, and fields whose name sounds like one are blanked besides.
 */
export function openLog(level: LogLevel, stream: NodeJS.WriteStream): Logger {
  const options = {
    level,
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
  return stream.isTTY ? pino(options, terminalDestination(stream)) : pino(options, jsonDestination());
}

/** For files and pipes, which somebody looks at on a terminal later. */
function jsonDestination(): DestinationStream {
  const stderr = pino.destination({ fd: 2, sync: true });
  return { write: (line) => stderr.write(jsonLine(line)) };
}

/** A value on one line: a line break in a name must not begin a line of its own. */
function fieldText(value: unknown): string {
  return plainText(typeof value === "string" ? value : JSON.stringify(value));
}

/** Turns pino's JSON lines into words for a person; clears the progress line that may stand there. */
function terminalDestination(stream: NodeJS.WriteStream): DestinationStream {
  return {
    write(line: string) {
      const { level, time: _time, msg, ...rest } = JSON.parse(line) as { level: number; time: string; msg?: string };
      const word = LEVEL_WORDS[level] ?? "";
      const fields = Object.entries(rest)
        .filter(([name]) => !FOR_MACHINES.has(name))
        .map(([name, value]) => ` ${name}=${name === "stack" ? terminalMessage(String(value)) : fieldText(value)}`)
        .join("");
      stream.write(`\r\u001b[K${word ? `${word}: ` : ""}${terminalMessage(msg ?? "")}${fields}\n`);
    },
  };
}
