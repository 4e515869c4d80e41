import type { Subject } from "./certificate.ts";
import type { RegistrationRow } from "./registration.ts";

/** A manifest's row by its own header names, in file order, without lotmint's own columns and secret ones. */
export type ManifestCells = Readonly<Record<string, string>>;

/** Aliases of a device's key in its keystores, filled in; absent where the job's own has no placeholder. */
export interface KeystoreAliases {
  readonly pkcs12?: string;
  readonly jks?: string;
}

/** A good row of a manifest, with the job applied: all that is needed to mint and register it. */
export interface Device {
  /** The device's id: CN of its certificate, MQTT client id and external id on the platform. */
  readonly externalId: string;
  /** Line of the manifest on which its row starts; the header is line 1. */
  readonly line: number;
  /** The row as it came, so that it can be handed back for correction. */
  readonly cells: ManifestCells;
  /** The full subject, CN included. */
  readonly subject: Subject;
  readonly registration: RegistrationRow;
  /** Where the job makes aliases from the row; else all devices have the job's own. */
  readonly aliases?: KeystoreAliases;
  /** A PKCS#10 request as PEM text, when the device keeps its own key. */
  readonly certificateRequest?: string;
}

/** The form under which two ids count as the same: no file system and no operator tells them apart by case. */
export function foldId(externalId: string): string {
  return externalId.normalize("NFC").toLowerCase();
}
