/**
 * Whether a file of this name in the drop folder may be a manifest: .csv, .tsv and .txt, whatever the case; dots and spaces at the
 * end, which Windows would drop, hide none. Hidden
 * and temporary files (`.x.csv`, `~$x.csv`, `x.csv.part`) are not, nor is what lotmint itself lays beside manifests.
 */
export function isDropName(name: string): boolean {
  return /\.(?:csv|tsv|txt)[. ]*$/i.test(name) && !/^[.~]/.test(name) && !/\.(?:result|waiting)\.txt[. ]*$/i.test(name);
}
