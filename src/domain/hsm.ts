/** The PKCS#11 module of a site, whose tokens keep authorities' keys. */
export interface HsmSite {
  /** Path of the shared library. */
  readonly module: string;
  /** Signatures that are made at the same time: sessions that minting keeps open with a token. */
  readonly sessions: number;
  /** What some modules want to be told when they start (`LibraryParameters`). */
  readonly initArgs?: string;
}
