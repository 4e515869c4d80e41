/**
 * The numbered migrations, oldest first; entry n takes a ledger from version n to n + 1. Append only:
 * an entry that has shipped is never edited.
 *
 * Version 1, by what shapes its cost:
 * - `devices` is narrow and `device_rows` wide, so that a stage that moves rewrites few pages.
 * - `devices_by_stage` hands out work in manifest order and counts; it moves with the lot's front, so
 *   a batch touches neighbouring entries however long the ledger is.
 * - `certificates` is in order of reservation. Of what is random in them only the serial number has an
 *   index over all, since it must be unique; that costs a page for each, once the ledger is large. Public
 *   keys are indexed batch by batch: one look-up asks each batch, and a new batch touches a few pages.
 * - the tables that grow by a row per device declare no foreign keys; the statements check what they join.
 * - an abandoned certificate lets go of its device (`device` null), so that a device that was
 *   rejected before minting can give way to its corrected row.
 *
 * Version 3, revocation and remint:
 * - `ended_at_ms` is when a certificate was revoked or abandoned; `replaces` the one whose place it takes;
 *   `push` the push by which a platform took its serial number.
 * - `next_…` in `device_rows` is what a changed row asks of the device's next certificate.
 * - a batch with a row in `remints` replaces certificates; it is open until its revocations are published.
 *
 * Manifests and keystores: `form` is how a manifest was written and who could read it (null: not recorded); `aliases`
 * are those that the device's row gave its keystores (null: the job's own).
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE lots (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    issuer TEXT,
    job_name TEXT,
    job_json TEXT,
    created_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    lot INTEGER NOT NULL REFERENCES lots (id),
    fence INTEGER NOT NULL,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    exit_code INTEGER
  ) STRICT;
  CREATE INDEX runs_by_lot ON runs (lot, number);

  CREATE TABLE locks (
    lot INTEGER PRIMARY KEY REFERENCES lots (id),
    fence INTEGER NOT NULL,
    run INTEGER NOT NULL REFERENCES runs (number),
    held INTEGER NOT NULL CHECK (held IN (0, 1)),
    host TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_start TEXT NOT NULL,
    beat_at_ms INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE manifests (
    lot INTEGER NOT NULL REFERENCES lots (id),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('full', 'mended')),
    header TEXT NOT NULL,
    rows INTEGER NOT NULL,
    absorbed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (lot, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE devices (
    id INTEGER PRIMARY KEY,
    lot INTEGER NOT NULL REFERENCES lots (id),
    external_id TEXT NOT NULL,
    folded_id TEXT NOT NULL,
    line INTEGER NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN
      ('planned', 'reserved', 'minted', 'listed', 'submitted', 'confirmed', 'rejected', 'revoked')),
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    certificate INTEGER,
    part INTEGER,
    part_row INTEGER,
    present_before INTEGER,
    sent_before INTEGER NOT NULL DEFAULT 0,
    confirmed_before INTEGER NOT NULL DEFAULT 0,
    reject_reason TEXT
  ) STRICT;
  CREATE UNIQUE INDEX devices_live ON devices (external_id) WHERE live = 1;
  CREATE UNIQUE INDEX devices_folded ON devices (lot, folded_id);
  CREATE INDEX devices_by_stage ON devices (lot, stage, line);
  CREATE INDEX devices_by_line ON devices (lot, line);
  CREATE INDEX devices_by_part ON devices (lot, part, stage) WHERE part IS NOT NULL;

  CREATE TABLE device_rows (
    device INTEGER PRIMARY KEY REFERENCES devices (id),
    cells TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_digest TEXT NOT NULL,
    registration TEXT NOT NULL,
    registration_digest TEXT NOT NULL,
    certificate_request TEXT
  ) STRICT;

  CREATE TABLE row_rejects (
    id INTEGER PRIMARY KEY,
    lot INTEGER NOT NULL REFERENCES lots (id),
    manifest INTEGER NOT NULL,
    line INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    field TEXT NOT NULL,
    message TEXT NOT NULL,
    cells TEXT NOT NULL
  ) STRICT;
  CREATE INDEX row_rejects_by_line ON row_rejects (lot, line);

  CREATE TABLE batches (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    lot INTEGER NOT NULL REFERENCES lots (id),
    run INTEGER NOT NULL REFERENCES runs (number),
    issuer TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'minted', 'placed', 'void')),
    first_certificate INTEGER NOT NULL DEFAULT 0,
    last_certificate INTEGER NOT NULL DEFAULT -1,
    issued INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX batches_by_lot ON batches (lot);
  CREATE INDEX batches_open ON batches (lot) WHERE state IN ('reserved', 'minted');

  CREATE TABLE certificates (
    id INTEGER PRIMARY KEY,
    serial BLOB NOT NULL UNIQUE CHECK (length(serial) BETWEEN 1 AND 20),
    issuer TEXT NOT NULL,
    subject TEXT,
    lot INTEGER,
    external_id TEXT,
    device INTEGER,
    batch INTEGER,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'issued', 'revoked', 'abandoned')),
    sha256 BLOB,
    public_key_sha256 BLOB,
    not_after_ms INTEGER
  ) STRICT;
  CREATE INDEX certificates_ended ON certificates (issuer, lot, state) WHERE state IN ('revoked', 'abandoned');
  CREATE INDEX certificates_alone ON certificates (issuer) WHERE batch IS NULL;
  CREATE INDEX certificates_by_public_key ON certificates (batch, substr(public_key_sha256, 1, 8))
    WHERE public_key_sha256 IS NOT NULL;

  CREATE TABLE certificate_files (
    certificate INTEGER PRIMARY KEY,
    files TEXT NOT NULL
  ) STRICT;

  CREATE TABLE parts (
    lot INTEGER NOT NULL REFERENCES lots (id),
    number INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    rows INTEGER NOT NULL,
    paths TEXT NOT NULL,
    PRIMARY KEY (lot, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE uploads (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    lot INTEGER NOT NULL REFERENCES lots (id),
    part INTEGER NOT NULL,
    run INTEGER NOT NULL REFERENCES runs (number),
    rows INTEGER NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    closed_at_ms INTEGER,
    kind TEXT CHECK (kind IN ('answered', 'refused', 'busy', 'unknown')),
    status INTEGER,
    message TEXT,
    confirmed INTEGER NOT NULL DEFAULT 0,
    rejected INTEGER NOT NULL DEFAULT 0,
    overwritten TEXT NOT NULL DEFAULT '[]'
  ) STRICT;
  CREATE INDEX uploads_by_part ON uploads (lot, part, kind);

  CREATE TABLE upload_members (
    upload INTEGER NOT NULL REFERENCES uploads (number),
    position INTEGER NOT NULL,
    device INTEGER NOT NULL,
    PRIMARY KEY (upload, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE events (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    prev TEXT NOT NULL,
    digest TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER events_keep BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  CREATE TRIGGER events_stay BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  `,
  // Version 2: what other tools have signed under an authority that was imported. Their serial numbers are
  // small and begin anew with each authority, hence a table of their own.
  `
  CREATE TABLE adopted_certificates (
    issuer TEXT NOT NULL,
    serial BLOB NOT NULL CHECK (length(serial) BETWEEN 1 AND 64),
    adoption INTEGER NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('issued', 'revoked')),
    sha256 BLOB,
    public_key_sha256 BLOB,
    not_after_ms INTEGER,
    revoked_at_ms INTEGER,
    reason TEXT,
    PRIMARY KEY (issuer, serial)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX adopted_by_adoption ON adopted_certificates (adoption);
  `,
  `
  ALTER TABLE certificates ADD COLUMN ended_at_ms INTEGER;
  ALTER TABLE certificates ADD COLUMN reason TEXT;
  ALTER TABLE certificates ADD COLUMN replaces INTEGER;
  ALTER TABLE certificates ADD COLUMN push INTEGER;
  UPDATE certificates SET ended_at_ms = (SELECT max(at_ms) FROM events) WHERE state IN ('revoked', 'abandoned');
  CREATE INDEX certificates_listed ON certificates (issuer, serial) WHERE state IN ('revoked', 'abandoned');
  CREATE INDEX certificates_replacing ON certificates (lot) WHERE replaces IS NOT NULL;

  ALTER TABLE device_rows ADD COLUMN next_subject TEXT;
  ALTER TABLE device_rows ADD COLUMN next_subject_digest TEXT;
  ALTER TABLE device_rows ADD COLUMN next_request TEXT;
  CREATE INDEX devices_ended ON devices (external_id) WHERE live = 0 AND certificate IS NOT NULL;

  CREATE TABLE remints (
    batch INTEGER PRIMARY KEY REFERENCES batches (number),
    reason TEXT NOT NULL,
    register INTEGER NOT NULL CHECK (register IN (0, 1)),
    push INTEGER NOT NULL CHECK (push IN (0, 1)),
    open INTEGER NOT NULL DEFAULT 1 CHECK (open IN (0, 1))
  ) STRICT;

  CREATE TABLE crls (
    issuer TEXT NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('reserved', 'written')),
    entries INTEGER,
    sha256 TEXT,
    this_update_ms INTEGER,
    next_update_ms INTEGER,
    PRIMARY KEY (issuer, number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE pushes (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    issuer TEXT NOT NULL,
    platform TEXT NOT NULL,
    serials INTEGER NOT NULL,
    opened_at_ms INTEGER NOT NULL,
    closed_at_ms INTEGER,
    kind TEXT CHECK (kind IN ('answered', 'refused', 'unknown')),
    message TEXT
  ) STRICT;
  `,
  // Whose the ledger is: an id for good, and a generation that a restore follows with another. And per batch the name
  // of its password segment (null: it has no passwords), and whether its passwords are known to be listed: 0 no, 1 yes,
  // 2 not recorded, in ledgers from before.
  `
  CREATE TABLE generations (
    number INTEGER PRIMARY KEY,
    ledger TEXT NOT NULL,
    token TEXT NOT NULL
  ) STRICT;
  INSERT INTO generations (number, ledger, token)
    VALUES (1, lower(hex(randomblob(16))), '1-' || lower(hex(randomblob(8))));

  ALTER TABLE batches ADD COLUMN segment TEXT;
  ALTER TABLE batches ADD COLUMN listed INTEGER NOT NULL DEFAULT 0;
  UPDATE batches SET segment = printf('segment-%06d.csv', number), listed = 2;
  `,
  // Version 5: a chain of events for each lot and one for the site, which begin where the one chain of before ends;
  // that one is kept as chain -1. Counters are rows. A batch names the machine that has its files.
  `
  ALTER TABLE events RENAME TO events_before;
  CREATE TABLE events (
    chain INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    prev TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (chain, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE chains (
    chain INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    digest TEXT NOT NULL
  ) STRICT;
  INSERT INTO events SELECT -1, seq, at_ms, kind, subject, detail, prev, digest FROM events_before;
  INSERT INTO chains SELECT -1, seq, digest FROM events_before ORDER BY seq DESC LIMIT 1;
  DROP TABLE events_before;
  CREATE TRIGGER events_keep BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  CREATE TRIGGER events_stay BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counters SELECT 'adoption', coalesce(max(adoption), 0) FROM adopted_certificates;
  INSERT INTO counters SELECT 'last-signed-at-ms', at_ms FROM events
    WHERE kind IN ('batch-reserved', 'batch-minted', 'serial-reserved', 'certificate-recorded')
    ORDER BY seq DESC LIMIT 1;
  CREATE TABLE issuers (name TEXT PRIMARY KEY, crl_number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO issuers SELECT issuer, max(number) FROM crls GROUP BY issuer;
  ALTER TABLE lots ADD COLUMN manifest_number INTEGER NOT NULL DEFAULT 0;
  UPDATE lots SET manifest_number =
    (SELECT coalesce(max(number), 0) FROM manifests WHERE manifests.lot = lots.id);
  ALTER TABLE batches ADD COLUMN place TEXT NOT NULL DEFAULT '';
  UPDATE batches SET place = (SELECT host FROM runs WHERE runs.number = batches.run);
  `,
  `
  ALTER TABLE manifests ADD COLUMN form TEXT;
  ALTER TABLE device_rows ADD COLUMN aliases TEXT;
  ALTER TABLE device_rows ADD COLUMN next_aliases TEXT;
  `,
  // The key pool: files of sealed keys, of which `taken` have been handed out, and which batch took which of them.
  `
  CREATE TABLE pool_segments (
    id INTEGER PRIMARY KEY,
    pool TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    segment TEXT NOT NULL UNIQUE,
    keys INTEGER NOT NULL CHECK (keys > 0),
    taken INTEGER NOT NULL DEFAULT 0 CHECK (taken BETWEEN 0 AND keys),
    gone INTEGER NOT NULL DEFAULT 0 CHECK (gone IN (0, 1))
  ) STRICT;
  CREATE INDEX pool_segments_there ON pool_segments (pool, algorithm, id) WHERE gone = 0;
  CREATE TABLE pool_takes (
    batch INTEGER NOT NULL REFERENCES batches (number),
    segment INTEGER NOT NULL REFERENCES pool_segments (id),
    first INTEGER NOT NULL,
    keys INTEGER NOT NULL CHECK (keys > 0),
    wiped INTEGER NOT NULL DEFAULT 0 CHECK (wiped IN (0, 1)),
    PRIMARY KEY (batch, segment)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX pool_takes_once ON pool_takes (segment, first);
  CREATE INDEX pool_takes_unwiped ON pool_takes (segment) WHERE wiped = 0;
  -- The public keys of all batches that drew from a pool, so that a repeated one is one look-up.
  CREATE TABLE pool_public_keys (sha256 BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
  `,
  // The few rows whose device waits for another certificate, found without reading all of the widest table.
  "CREATE INDEX device_rows_changed ON device_rows (device) WHERE next_subject IS NOT NULL;",
  // What belongs into an issuer's revocation list is read, and comes to be, in the order of its certificates: in the order of
  // serial numbers, which are random, each entry is a page of its own.
  `
  DROP INDEX certificates_listed;
  CREATE INDEX certificates_listed ON certificates (issuer) WHERE state IN ('revoked', 'abandoned');
  `,
  // Looking up a device: its rows in all lots, the certificates that it had before, why its row was refused, and the events
  // of its batches, parts and uploads by their number. What is current is found through the device's own row.
  `
  ALTER TABLE batches ADD COLUMN not_before_ms INTEGER;
  DROP INDEX devices_ended;
  CREATE INDEX devices_ended ON devices (external_id) WHERE live = 0;
  CREATE INDEX certificates_past ON certificates (external_id) WHERE state IN ('revoked', 'abandoned');
  CREATE INDEX row_rejects_by_id ON row_rejects (external_id);
  ALTER TABLE events ADD COLUMN number ANY GENERATED ALWAYS AS (
    CASE WHEN kind <> 'certificates-revoked' AND json_valid(detail)
      THEN coalesce(detail ->> '$.batch', detail ->> '$.upload', detail ->> '$.part') END) VIRTUAL;
  CREATE INDEX events_by_number ON events (chain, kind, number, at_ms);
  `,
  // What the watcher was asked for and goes on with when it is started again: lots that it leaves alone until they are
  // resumed, and lots to send again. By folded name, since a lot may be stopped before its first run.
  `
  CREATE TABLE stopped_lots (
    folded TEXT PRIMARY KEY,
    lot TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sends_asked (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    folded TEXT NOT NULL UNIQUE,
    lot TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;
  `,
  // Receipts. `last_certificate` is the lot's newest one when it was recorded (null: adopted after a restore), by which its devices are
  // found as they were then; `receipt_lines` keeps the lines that they had, where a later manifest gave them others. Spans of
  // numbers: a restore begins another. What lots completed before there were receipts, none is owed for.
  `
  CREATE TABLE receipts (
    number INTEGER PRIMARY KEY,
    lot INTEGER NOT NULL REFERENCES lots (id),
    sha256 TEXT NOT NULL,
    content TEXT NOT NULL,
    signature BLOB NOT NULL,
    at_ms INTEGER NOT NULL,
    last_certificate INTEGER,
    placed INTEGER NOT NULL DEFAULT 0 CHECK (placed IN (0, 1))
  ) STRICT;
  CREATE INDEX receipts_by_lot ON receipts (lot, number);
  CREATE INDEX receipts_unplaced ON receipts (number) WHERE placed = 0;
  CREATE TABLE receipt_spans (first INTEGER PRIMARY KEY, last INTEGER NOT NULL) STRICT;
  INSERT INTO receipt_spans (first, last) VALUES (1, 0);
  CREATE TABLE receipt_lines (
    lot INTEGER NOT NULL,
    device INTEGER NOT NULL,
    receipt INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (device, receipt)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX receipt_lines_by_lot ON receipt_lines (lot, receipt);
  ALTER TABLE lots ADD COLUMN receipt_seq INTEGER NOT NULL DEFAULT 0;
  UPDATE lots SET receipt_seq = coalesce((SELECT seq FROM chains WHERE chains.chain = lots.id), 0)
    WHERE NOT EXISTS (SELECT 1 FROM devices WHERE devices.lot = lots.id AND devices.stage IN ('planned', 'reserved'));
  `,
];
