import type { StoredEvent } from "../event-digest.ts";

/** Where a chain stands. */
export interface ChainHead {
  readonly chain: number;
  /** The lot's name; null for the site's chain and the archive. */
  readonly lot: string | null;
  readonly seq: number;
  readonly digest: string;
  /** The greatest number of its stored events, which is `seq` in a sound ledger. */
  readonly newest: number;
}

/** So many certificates: with a serial number, and with a fingerprint too. */
export interface Account {
  readonly reserved: number;
  readonly signed: number;
}

export interface EventStatements {
  /** The head of a chain, locked until the transaction ends; undefined for a chain without events. */
  lockChain(chain: number): Promise<{ readonly seq: number; readonly digest: string } | undefined>;
  /** Adds consecutive events to the end of a chain. */
  addEvents(events: readonly StoredEvent[]): Promise<void>;
  /** Remembers when something was reserved or signed. */
  setLastSigned(atMs: number): Promise<void>;
  lastSigned(): Promise<number | undefined>;

  /** All chains, and how many certificates there are, in one snapshot. */
  chainsAndCertificates(): Promise<{ readonly chains: readonly ChainHead[]; readonly certificates: Account }>;
  eventPage(chain: number, afterSeq: number, limit: number): Promise<readonly StoredEvent[]>;
  newestEvent(chain: number): Promise<StoredEvent | undefined>;
  hasDigest(digest: string): Promise<boolean>;
  lotChain(lot: string): Promise<number | undefined>;
  /** Undefined when the engine's own storage is sound, else what is wrong. */
  storageFlaw(): Promise<string | undefined>;

  /** The batches of these certificates; those without a batch are left out. */
  batchesOf(
    serialNumbers: readonly string[],
  ): Promise<readonly { readonly serialNumber: string; readonly batch: number }[]>;
  batchCertificates(
    batch: number,
  ): Promise<readonly { readonly serialNumber: string; readonly externalId: string; readonly sha256: string | null }[]>;
  /** The fingerprint of a certificate outside batches; null before it was signed, undefined when there is none. */
  aloneSha256(serialNumber: string): Promise<string | null | undefined>;
  adoptedCertificates(
    adoption: number,
  ): Promise<readonly { readonly serialNumber: string; readonly sha256: string | null }[]>;
  countRevoked(serialNumbers: readonly string[], reason: string): Promise<number>;
}
