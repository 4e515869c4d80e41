import { parse } from "node:path";

/** Leaves room for a time and the endings of the result files in the 255 octets of a file's name. */
const MAX_STEM_BYTES = 180;

/**
 * The first of `name`, `name` with a time, and `name` with that time and a number that `isTaken` does not
 * claim: LOT-A.csv, LOT-A-20260131-053000.csv, LOT-A-20260131-053000-2.csv.
 */
export function freeName(name: string, now: Date, isTaken: (name: string) => boolean): string {
  // Dots and spaces at a name's end hide its ending, and make one that is longer than any name may be.
  const whole = Buffer.byteLength(name) > MAX_STEM_BYTES ? name.replace(/[. ]+$/, "") : name;
  const { name: stem, ext } = parse(whole);
  const short = cut(stem);
  if (short === stem && !isTaken(whole)) return whole;
  const timed = `${short}-${localTime(now)}`;
  for (let number = 1; ; number += 1) {
    const candidate = `${timed}${number === 1 ? "" : `-${number}`}${ext}`;
    if (!isTaken(candidate)) return candidate;
  }
}

/** Whole characters only. */
function cut(stem: string): string {
  let kept = "";
  let bytes = 0;
  for (const character of stem) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_STEM_BYTES) return kept;
    kept += character;
  }
  return kept;
}

function localTime(now: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${day}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
