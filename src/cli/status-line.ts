import stringWidth from "string-width";
import { plainText } from "../report/plain-text.ts";

/** The one line at the foot of a terminal that is drawn again and again. */
export interface StatusLine {
  /** False where nothing can be redrawn: a pipe, a file, a dumb terminal. Then the others do nothing. */
  readonly live: boolean;
  readonly columns: number;
  /** Puts a text in place of the one that stands there, cut to the terminal's width. */
  readonly show: (text: string) => void;
  /** Takes it away, so that what is written next stands alone on its line. */
  readonly clear: () => void;
}

const DEFAULT_COLUMNS = 80;

/** A status line on `stream`; it needs carriage return and "erase line", which a dumb terminal does not know. */
export function makeStatusLine(stream: NodeJS.WriteStream, options: { readonly dumb: boolean }): StatusLine {
  const live = stream.isTTY === true && !options.dumb;
  let stands = false;
  const columns = () => (stream.columns > 0 ? stream.columns : DEFAULT_COLUMNS);
  return {
    live,
    get columns() {
      return columns();
    },
    show: (text) => {
      if (!live) return;
      // A full last column would make some terminals begin another line.
      stream.write(`\r\u001b[K${cut(plainText(text), columns() - 1)}`);
      stands = true;
    },
    clear: () => {
      if (stands) stream.write("\r\u001b[K");
      stands = false;
    },
  };
}

function cut(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const character of text) {
    width += stringWidth(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept}…`;
}
