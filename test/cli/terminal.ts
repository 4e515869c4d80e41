import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";

/** A terminal that somebody types at: each line is sent once the question that it answers has been shown. */
export interface TypedTerminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WriteStream;
  /** All that was shown. */
  readonly shown: () => string;
  /** True while what is typed is not shown by the terminal itself. */
  readonly isRaw: () => boolean;
}

/** `answers` are typed one after the other, each with its line's end unless it holds a control character. */
export function typedTerminal(answers: readonly string[]): TypedTerminal {
  const left = [...answers];
  let shown = "";
  let raw = false;
  const stdin = new PassThrough() as unknown as NodeJS.ReadStream & PassThrough;
  const answer = (text: string) => {
    shown += text;
    if (!/[:?\]] $/.test(text)) return true;
    const next = left.shift();
    if (next === undefined) throw new Error(`nobody answers ${JSON.stringify(text)}`);
    setImmediate(() => stdin.write(/[\u0003\u0004]/.test(next) ? next : `${next}\r`));
    return true;
  };
  Object.assign(stdin, {
    isTTY: true,
    setRawMode: (on: boolean) => {
      raw = on;
      return stdin;
    },
  });
  const stderr = Object.assign(new EventEmitter(), {
    isTTY: true,
    hasColors: () => false,
    columns: 80,
    write: answer,
  }) as unknown as NodeJS.WriteStream;
  return { stdin, stderr, shown: () => shown, isRaw: () => raw };
}
