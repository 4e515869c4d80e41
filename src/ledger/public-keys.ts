import type { Engine } from "./engine.ts";
import type { KeyHolder, Ledger } from "./ledger.ts";
import { prepare } from "./statement.ts";

/**
 * Each look-up asks the index of every batch, and each scan reads every certificate once: from so many
 * keys on, one scan costs less.
 */
const SCAN_FROM = 25;

const HOLDER = `
  SELECT lower(hex(c.public_key_sha256)) AS publicKeySha256, c.issuer, c.subject, lots.name AS lot, c.external_id AS externalId`;
const ASKED = "json_each(?1) AS asked";
const FITS = `substr(c.public_key_sha256, 1, 8) = unhex(substr(asked.value, 1, 16))
  AND c.public_key_sha256 = unhex(asked.value)`;

/** Who has which public key, whatever has become of the certificate. */
export function publicKeyMethods({ reader, read }: Engine): Pick<Ledger, "publicKeyHolders"> {
  // CROSS JOIN: SQLite keeps the order, so that each key is one look-up in the index of each batch.
  const lookUp = prepare<KeyHolder>(
    reader,
    `${HOLDER} FROM ${ASKED} CROSS JOIN batches AS b
       CROSS JOIN certificates AS c INDEXED BY certificates_by_public_key ON c.batch = b.number AND ${FITS}
       LEFT JOIN lots ON lots.id = c.lot
     UNION ALL
     ${HOLDER} FROM ${ASKED}
       CROSS JOIN certificates AS c INDEXED BY certificates_by_public_key ON c.batch IS NULL AND ${FITS}
       LEFT JOIN lots ON lots.id = c.lot`,
  );
  const scan = prepare<KeyHolder>(
    reader,
    `${HOLDER} FROM certificates AS c LEFT JOIN lots ON lots.id = c.lot
     WHERE c.public_key_sha256 IN (SELECT unhex(asked.value) FROM ${ASKED})`,
  );
  const adopted = prepare<KeyHolder>(
    reader,
    `SELECT lower(hex(public_key_sha256)) AS publicKeySha256, issuer, subject, NULL AS lot, NULL AS externalId
     FROM adopted_certificates WHERE public_key_sha256 IN (SELECT unhex(asked.value) FROM ${ASKED})`,
  );
  return {
    publicKeyHolders: (digests) =>
      read(() => {
        if (digests.length === 0) return [];
        const asked = JSON.stringify(digests);
        const found = digests.length < SCAN_FROM ? lookUp.all(asked) : scan.all(asked);
        return [...found, ...adopted.all(asked)].map((holder): KeyHolder => ({ ...holder }));
      }),
  };
}
