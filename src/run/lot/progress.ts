/** How far a room of one lot is; told now and then while it works. */
export interface Progress {
  readonly lot: string;
  /** The room's verb in its -ing form: reading, minting, listing, submitting. */
  readonly room: string;
  readonly done: number;
  readonly total: number;
}
