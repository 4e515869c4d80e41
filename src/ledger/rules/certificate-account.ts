import { digestLines, type StoredEvent } from "./event-digest.ts";
import { adoptionLine } from "./serials.ts";
import type { Account } from "./statements/events.ts";
import type { Statements } from "./statements.ts";

/** How many certificates an event accounts for; undefined where the tables say otherwise than the event. */
export async function certificateAccount(on: Statements, event: StoredEvent): Promise<Account | undefined> {
  const detail = JSON.parse(event.detail) as Readonly<Record<string, unknown>>;
  switch (event.kind) {
    case "batch-reserved": {
      const rows = await on.batchCertificates(Number(detail["batch"]));
      const digest = digestLines(rows.map((one) => `${one.serialNumber} ${one.externalId}`));
      return detail["digest"] === digest ? { reserved: rows.length, signed: 0 } : undefined;
    }
    case "batch-minted": {
      const rows = await on.batchCertificates(Number(detail["batch"]));
      const signed = rows.filter(({ sha256 }) => sha256 !== null);
      const digest = digestLines(signed.map((one) => `${one.serialNumber} ${one.sha256}`));
      return detail["digest"] === digest ? { reserved: 0, signed: signed.length } : undefined;
    }
    case "certificates-adopted": {
      const came = await on.adoptedCertificates(Number(detail["adoption"]));
      const digest = digestLines(came.map((one) => adoptionLine(one.serialNumber, one.sha256)));
      return detail["digest"] === digest ? { reserved: came.length, signed: came.length } : undefined;
    }
    case "certificates-revoked": {
      const serials = ((detail["serials"] ?? []) as readonly unknown[]).map(String);
      const found = await on.countRevoked(serials, String(detail["reason"]));
      return found === serials.length ? { reserved: 0, signed: 0 } : undefined;
    }
    case "serial-reserved": {
      const sha256 = await on.aloneSha256(String(detail["serialNumber"]));
      return sha256 === undefined ? undefined : { reserved: 1, signed: 0 };
    }
    case "certificate-recorded": {
      const sha256 = await on.aloneSha256(String(detail["serialNumber"]));
      return sha256 === detail["sha256"] ? { reserved: 0, signed: 1 } : undefined;
    }
    default:
      return { reserved: 0, signed: 0 };
  }
}
