import type { KeyAlgorithm, OutliveIssuer, Profile, SubjectAttribute, ValidityRequest } from "./certificate.ts";
import type { HsmSite } from "./hsm.ts";
import type { KeyPoolSite } from "./key-pool.ts";

/** A job with every default filled in and every path absolute: what a run works from. */
export interface Job {
  /** Its name in jobs/, or the manifest's name for a run without a job file. */
  readonly name: string;
  /** Pattern for the lot's name: {file}, {date}, text. */
  readonly lot: string;
  /** Absolute path or pattern; absent when the manifest is given on the command line only. */
  readonly manifest?: string;
  readonly issuer: string;
  readonly profile: Profile;
  readonly key: KeyAlgorithm;
  readonly validity: ValidityRequest;
  readonly outliveIssuer: OutliveIssuer;
  /** Attribute templates besides CN, in the order of the job file. */
  readonly subject: readonly { readonly attribute: SubjectAttribute; readonly template: string }[];
  /** Standard column -> the manifest's own header for it. */
  readonly columns: Readonly<Record<string, string>>;
  readonly keystores: Keystores;
  readonly truststore?: Truststore;
  readonly passwords: "per-device" | "per-lot";
  readonly secrets: { readonly folder?: string; readonly sealTo?: string };
  readonly registration: Registration;
  readonly submit: Submit;
  /** Columns of the manifest whose cells stay out of the ledger, rejects.csv and reports. */
  readonly secretColumns?: readonly string[];
  /** False: runs write no receipts. Absent: they do. */
  readonly receipt?: boolean;
  readonly taktSeconds?: number;
  readonly quantity?: number;
  /** A manifest with more rows is refused whole; absent: DEFAULT_MAX_ROWS. */
  readonly maxRows?: number;
  /** Cron expression with its time zone, for `watch`. */
  readonly schedule?: { readonly cron: string; readonly timezone?: string };
}

/** Rows that a manifest may have where its job does not say. */
export const DEFAULT_MAX_ROWS = 2_000_000;

/** Somebody chose a lot's password, and it opens every keystore, so guessing it has to cost more: rounds of any derivation. */
export const PER_LOT_ITERATIONS = 10_000;

/** Which keystores each device gets, beside certificate.pem and chain.pem, which it always gets. */
export interface Keystores {
  readonly pkcs12?: Pkcs12Options;
  /** The alias is a template as in PKCS#12. */
  readonly jks?: { readonly alias: string };
  /** key.pem: not at all, as encrypted PKCS#8, or in the clear. */
  readonly pem: { readonly key: "none" | "encrypted" | "plain" };
}

export interface Pkcs12Options {
  /** Template: {id}, {lot}, {column}. */
  readonly alias: string;
  readonly recipe: "modern" | "legacy";
  /** Rounds of the password derivation, for encryption and MAC each. */
  readonly iterations: number;
}

export interface Truststore {
  readonly formats: readonly ("pkcs12" | "jks" | "pem")[];
  /** "platform" (pinned beforehand) or absolute paths of PEM files. */
  readonly certificates: readonly string[];
  readonly per: "device" | "lot";
}

export interface Registration {
  readonly mode: "bulk" | "auto" | "none";
  readonly type: string;
  /** Templates: {id}, {lot}, {column}. */
  readonly name: string;
  readonly path?: string;
  readonly idType?: string;
  readonly shell?: boolean;
  readonly agent: boolean;
  /** Columns of the manifest that become custom properties under the same name. */
  readonly properties: readonly string[];
}

export interface Submit {
  readonly enabled: boolean;
  readonly rowsPerUpload: number;
  readonly concurrency: number;
  readonly collisions: "platform" | "ledger";
}

/** The site's platform, from lotmint.yaml; credentials come from the environment alone. */
export interface PlatformSite {
  /** Base address, https. */
  readonly url: string;
  readonly tenant?: string;
  readonly user?: string;
  readonly deviceTokenPort: number;
  readonly mqttPort: number;
  /** Absolute path of a PEM file with a private CA, trusted besides the public ones. */
  readonly caFile?: string;
  /** Longest wait for one answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** lotmint.yaml with its defaults. */
export interface Site {
  readonly platform?: PlatformSite;
  readonly profiles: Readonly<Record<string, Profile>>;
  /** A site's own, narrower rule for ids: every id has to match it whole. */
  readonly idRule?: string;
  /** Certificates from device to anchor, both included. */
  readonly maxChain: number;
  readonly lotsAtOnce: number;
  /** How long a dropped file must have stood still, in milliseconds. */
  readonly settleMs: number;
  readonly webhook?: WebhookSite;
  readonly keyPool?: KeyPoolSite;
  readonly hsm?: HsmSite;
}

/** What `watch` tells others about: a lot that ended in one of three ways, or one that cannot go on. */
export const WATCH_EVENTS = ["done", "partial", "failed", "stalled"] as const;
export type WatchEventKind = (typeof WATCH_EVENTS)[number];

/** Where `watch` tells it; the secret that signs it comes from the environment alone. */
export interface WebhookSite {
  /** https; http only on this machine. */
  readonly url: string;
  readonly events: readonly WatchEventKind[];
  /** Absolute path of a PEM file with a private CA, trusted besides the public ones. */
  readonly caFile?: string;
}
