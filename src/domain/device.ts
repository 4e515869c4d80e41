import type { Subject } from "./certificate.ts";
import type { RegistrationRow } from "./registration.ts";

/** A manifest's row by its own header names, in file order, lotmint: columns left out. */
export type ManifestCells = Readonly<Record<string, string>>;

/** A good row of a manifest, with the job applied: all that is needed to mint and register it. */
export interface Device {
  /** The device's id: CN of its certificate, MQTT client id and external id on the platform. */
  readonly externalId: string;
  /** Line of the manifest on which its row starts; the header is line 1. */
  readonly line: number;
  /** The row as it came, so that it can be handed back for mending. */
  readonly cells: ManifestCells;
  /** The full subject, CN included. */
  readonly subject: Subject;
  readonly registration: RegistrationRow;
  /** A PKCS#10 request as PEM text, when the device keeps its own key. */
  readonly certificateRequest?: string;
}

/** The form under which two ids count as the same: no file system and no operator tells them apart by case. */
export function foldId(externalId: string): string {
  return externalId.normalize("NFC").toLowerCase();
}
