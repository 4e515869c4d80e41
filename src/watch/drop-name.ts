import { isDeviceName } from "../disk/layout.ts";

const MANIFEST = /\.(?:csv|tsv|txt)[. ]*$/i;
const WORKBOOK = /\.(?:xlsx|xlsm|xlsb|xls|ods|numbers)[. ]*$/i;

/**
 * Whether a file of this name in the drop folder is for lotmint: .csv, .tsv and .txt, whatever the case, and
 * workbooks of spreadsheet programs, so that their owner is told that they are no manifests; dots and spaces at the
 * end, which Windows would drop, hide none. Hidden and temporary files (`.x.csv`, `~$x.csv`, `x.csv.part`) are not, nor
 * is what lotmint itself lays beside manifests.
 */
export function isDropName(name: string): boolean {
  const isMeant = MANIFEST.test(name) || isWorkbookName(name);
  return isMeant && !/^[.~]/.test(name) && !/\.(?:result|waiting)\.txt[. ]*$/i.test(name);
}

/** Whether a file of this name is a workbook, whatever is in it. */
export function isWorkbookName(name: string): boolean {
  return WORKBOOK.test(name);
}

const LONGEST_NAME = 200;

/**
 * What a browser or another program calls a file, as a name in the drop folder: without its folders, characters that are
 * not permitted on every system replaced by `_`, not hidden. May come out as a name that `isDropName` does not know.
 */
export function safeDropName(name: string): string {
  const last = name.toWellFormed().normalize("NFC").split(/[/\\]/).at(-1) ?? "";
  const plain = last
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>:"|?*%]/gu, "_")
    .replace(/^[.~\s]+/, "")
    .replace(/[.\s]+$/, "");
  const safe = isDeviceName(plain) ? `_${plain}` : plain;
  const ending = /\.[^.]*$/.exec(safe)?.[0] ?? "";
  const characters = [...safe];
  return characters.length <= LONGEST_NAME ? safe : characters.slice(0, LONGEST_NAME - ending.length).join("") + ending;
}
