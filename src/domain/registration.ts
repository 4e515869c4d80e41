/** The columns of a bulk registration file that lotmint fills, by their names on the platform. */
export const REGISTRATION_COLUMNS = [
  "ID",
  "AUTH_TYPE",
  "CREDENTIALS",
  "TYPE",
  "NAME",
  "IDTYPE",
  "ICCID",
  "PATH",
  "SHELL",
  "com_cumulocity_model_Agent.active",
] as const;

/** One device as the platform shall see it. Absent fields leave their cell empty. */
export interface RegistrationRow {
  readonly type: string;
  readonly name: string;
  /** External id type; absent means the platform's default, c8y_Serial. */
  readonly idType?: string;
  readonly iccid?: string;
  /** Group path, `/`-separated; the platform makes missing groups. */
  readonly path?: string;
  readonly shell?: boolean;
  readonly agent: boolean;
  /** Custom properties, by header. */
  readonly properties: Readonly<Record<string, string>>;
  /** Further external ids: type -> value. */
  readonly externalIds: Readonly<Record<string, string>>;
}

/** The external id type of a row that names none ([OAS]: "the default value is c8y_Serial"). */
export const DEFAULT_ID_TYPE = "c8y_Serial";

/** The platform's answer to one uploaded file, under 201. */
export interface BulkAnswer {
  readonly numberOfAll: number;
  readonly numberOfCreated: number;
  readonly numberOfFailed: number;
  readonly numberOfSuccessful: number;
  /** Ids that existed before and were overwritten. */
  readonly updated: readonly string[];
  readonly failed: readonly FailedRow[];
}

/** A row that the platform rejected; without `externalId` when it could not be parsed. */
export interface FailedRow {
  readonly externalId?: string;
  /** The platform's message, without its `line` field, which may echo credentials. */
  readonly reason: string;
}
