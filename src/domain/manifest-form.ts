/** How a manifest is written and who may read it: rejects.csv is written alike, so that what opens the one opens the other. */
export interface ManifestForm {
  readonly encoding: "utf-8" | "utf-16le" | "utf-16be";
  /** Whether it begins with a byte order mark; UTF-16 always does. */
  readonly mark: boolean;
  readonly separator: "," | ";" | "\t";
  /** Whether a first line `sep=X` names the separator. */
  readonly separatorLine: boolean;
  readonly lineEnd: "\n" | "\r\n";
  /** Names of its columns that are kept secret. */
  readonly secretColumns: readonly string[];
}

/** What is remembered of a manifest that was taken in. */
export interface TakenForm extends ManifestForm {
  /** Permission bits of everybody who could read it, its owner included: 0o600, 0o640, 0o644. */
  readonly readers: number;
}

export const PLAIN_FORM: ManifestForm = {
  encoding: "utf-8",
  mark: false,
  separator: ",",
  separatorLine: false,
  lineEnd: "\n",
  secretColumns: [],
};
