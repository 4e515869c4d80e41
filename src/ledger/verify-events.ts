import type { DatabaseSync } from "node:sqlite";
import { adoptionLine } from "./adoptions.ts";
import type { Engine } from "./engine.ts";
import { CHAIN_START, digestLines, eventDigest, type StoredEvent } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import { damaged } from "./ledger-fault.ts";
import { prepare } from "./statement.ts";

/** Kinds whose events are held against the tables; nobody but the ledger may record them. */
export const CHECKED_KINDS: ReadonlySet<string> = new Set([
  "batch-reserved",
  "batch-minted",
  "serial-reserved",
  "certificate-recorded",
  "certificates-adopted",
  "certificates-revoked",
]);
const PAGE_EVENTS = 500;
const PAGE = "SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?";
const CURE = "the ledger was altered or damaged; restore it from a backup with `lotmint restore`";

/** So many certificates: with a serial number, and with a fingerprint too. */
interface Account {
  readonly reserved: number;
  readonly signed: number;
}

/**
 * Makes the walk along the chain. Besides each event's place and digest it checks what the events say
 * of the certificates, as far as a row keeps what was first recorded: serial number, id and fingerprint, and
 * that what was revoked stays so.
 */
export function eventVerifier({ reader, read }: Engine): Ledger["verifyEvents"] {
  const integrity = prepare<{ quick_check: string }>(reader, "PRAGMA quick_check(1)");
  const page = prepare<StoredEvent>(reader, PAGE);
  const accountOf = certificateAccount(reader);
  const inTables = prepare<Account>(
    reader,
    `SELECT (SELECT count(*) FROM certificates) + adopted AS reserved,
            (SELECT count(sha256) FROM certificates) + adopted AS signed
     FROM (SELECT count(*) AS adopted FROM adopted_certificates)`,
  );

  return async () => {
    const flaw = await read(() => integrity.get()?.quick_check);
    if (flaw !== "ok") throw damaged(`the ledger's file is damaged (${flaw}); ${CURE}`);
    let head = CHAIN_START;
    let events = 0;
    let account: Account = { reserved: 0, signed: 0 };
    for (;;) {
      // A run may be committing meanwhile: the end of the chain and the sum belong to one snapshot.
      const { rows, sum } = await read(() =>
        inSnapshot(reader, () => {
          const rows = page.all(events, PAGE_EVENTS);
          return { rows, sum: rows.length === 0 ? inTables.get() : undefined };
        }),
      );
      for (const event of rows) {
        requireLink(event, events + 1, head);
        const { reserved, signed } = await read(() => accountOf(event));
        account = { reserved: account.reserved + reserved, signed: account.signed + signed };
        head = event.digest;
        events = event.seq;
      }
      if (rows.length > 0) continue;
      if (sum?.reserved === account.reserved && sum.signed === account.signed) return { events, head };
      throw damaged(`the certificates are not those that events 1 to ${events} tell of; ${CURE}`);
    }
  };
}

/** Makes the walk along the chain that looks at nothing but the chain. */
export function linkVerifier({ reader, read }: Engine): Ledger["verifyLinks"] {
  const page = prepare<StoredEvent>(reader, PAGE);
  return async () => {
    let head = CHAIN_START;
    for (let events = 0; ; ) {
      const rows = await read(() => page.all(events, PAGE_EVENTS));
      if (rows.length === 0) return;
      for (const event of rows) {
        requireLink(event, events + 1, head);
        head = event.digest;
        events = event.seq;
      }
    }
  };
}

/** Throws `state-damaged` unless the event stands at this place and holds what was recorded. */
export function requireLink(event: StoredEvent, seq: number, prev: string): void {
  if (event.seq === seq && event.prev === prev && event.digest === eventDigest(event)) return;
  throw damaged(`event ${event.seq} (${event.kind}, ${event.subject}) does not fit the chain; ${CURE}`);
}

function inSnapshot<T>(reader: DatabaseSync, act: () => T): T {
  reader.exec("BEGIN");
  try {
    return act();
  } finally {
    reader.exec("COMMIT");
  }
}

/** How many certificates an event accounts for; throws where the tables say otherwise. */
function certificateAccount(reader: DatabaseSync): (event: StoredEvent) => Account {
  const batch = prepare<{ serial: string; external_id: string; sha256: string }>(
    reader,
    `SELECT lower(hex(serial)) AS serial, external_id, lower(hex(sha256)) AS sha256
     FROM certificates WHERE id BETWEEN (SELECT first_certificate FROM batches WHERE number = ?1)
                             AND (SELECT last_certificate FROM batches WHERE number = ?1)`,
  );
  const single = prepare<{ sha256: string }>(
    reader,
    "SELECT lower(hex(sha256)) AS sha256 FROM certificates WHERE serial = ? AND batch IS NULL",
  );
  const adopted = prepare<{ serial: string; sha256: string }>(
    reader,
    `SELECT lower(hex(serial)) AS serial, coalesce(lower(hex(sha256)), '') AS sha256
     FROM adopted_certificates WHERE adoption = ?`,
  );
  const revoked = prepare<{ n: number }>(
    reader,
    `SELECT count(*) AS n FROM json_each(?) AS named
     JOIN certificates ON serial = unhex(named.value) AND state = 'revoked' AND reason = ?`,
  );
  return (event) => {
    if (!CHECKED_KINDS.has(event.kind)) return { reserved: 0, signed: 0 };
    const detail = JSON.parse(event.detail) as Readonly<Record<string, unknown>>;
    const rows = batch.all(Number(detail["batch"] ?? -1));
    const row = single.get(Buffer.from(String(detail["serialNumber"]), "hex"));
    const signed = rows.filter(({ sha256 }) => sha256 !== "");
    const agree = (agrees: boolean, account: Account) => {
      if (agrees) return account;
      throw damaged(
        `the certificates that event ${event.seq} (${event.kind}, ${event.subject}) tells of differ; ${CURE}`,
      );
    };
    switch (event.kind) {
      case "batch-reserved": {
        const digest = digestLines(rows.map((one) => `${one.serial} ${one.external_id}`));
        return agree(detail["digest"] === digest, { reserved: rows.length, signed: 0 });
      }
      case "batch-minted": {
        const digest = digestLines(signed.map((one) => `${one.serial} ${one.sha256}`));
        return agree(detail["digest"] === digest, { reserved: 0, signed: signed.length });
      }
      case "certificates-adopted": {
        const came = adopted.all(Number(detail["adoption"] ?? -1));
        const digest = digestLines(came.map(adoptionLine));
        return agree(detail["digest"] === digest, { reserved: came.length, signed: came.length });
      }
      case "certificates-revoked": {
        const serials = (detail["serials"] ?? []) as readonly unknown[];
        const found = revoked.get(JSON.stringify(serials), String(detail["reason"]))?.n;
        return agree(found === serials.length, { reserved: 0, signed: 0 });
      }
      case "serial-reserved":
        return agree(row !== undefined, { reserved: 1, signed: 0 });
      default:
        return agree(row?.sha256 === detail["sha256"], { reserved: 0, signed: 1 });
    }
  };
}
