import { TAG } from "../../asn1/der.ts";
import { type DerElement, readChildren, readOid, readWhole } from "../../asn1/read-der.ts";

/** Rounds beyond which a file is an attack on our patience; tools of today use up to a million. */
const MAX_ROUNDS = 2_000_000;
const PBES2 = "1.2.840.113549.1.5.13";
const PBKDF2 = "1.2.840.113549.1.5.12";

/**
 * Refuses a password-based encryption that would keep us busy for minutes: reads the rounds out of its
 * AlgorithmIdentifier before anything is derived. Throws `RangeError` for too many rounds, it or
 * `DerError` for what is no such thing. scrypt is let through: OpenSSL bounds its memory, and with it its time.
 */
export function checkDerivationCost(algorithm: Buffer): void {
  const [oid, parameters] = readChildren(readWhole(algorithm, TAG.SEQUENCE).content);
  if (oid?.tag !== TAG.OID || parameters?.tag !== TAG.SEQUENCE) throw new RangeError("no password-based encryption");
  if (readOid(oid.content) !== PBES2) {
    checkRounds(parameters);
    return;
  }
  const [derivation] = readChildren(parameters.content);
  if (derivation?.tag !== TAG.SEQUENCE) throw new RangeError("no key derivation");
  const [kind, settings] = readChildren(derivation.content);
  if (kind?.tag !== TAG.OID || settings?.tag !== TAG.SEQUENCE) throw new RangeError("no key derivation");
  if (readOid(kind.content) === PBKDF2) checkRounds(settings);
}

/** Salt and rounds stand first in PBKDF2's parameters (RFC 8018, A.2) and in those of PKCS#12 (RFC 7292, C). */
function checkRounds(parameters: DerElement): void {
  const rounds = readChildren(parameters.content)[1];
  if (rounds?.tag !== TAG.INTEGER) throw new RangeError("no round count");
  checkRoundCount(rounds.content);
}

/** `octets`: the contents of an INTEGER. Throws `RangeError` for none, or more than a machine can do in seconds. */
export function checkRoundCount(octets: Buffer): void {
  const rounds = octets.length === 0 || octets.length > 6 ? Number.NaN : octets.readIntBE(0, octets.length);
  if (!(rounds >= 1 && rounds <= MAX_ROUNDS)) {
    throw new RangeError(
      `a password derivation of ${Number.isNaN(rounds) ? "too many" : rounds} rounds; at most ${MAX_ROUNDS} are waited for`,
    );
  }
}
