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
