import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject } from "node:crypto";
import { type PoolAlgorithm, RSA_BITS } from "../../domain/key-pool.ts";

/** A pool that its passphrase has opened. Goes to worker threads as a structured clone. */
export interface OpenPool {
  /** Random, 32 hex digits. */
  readonly id: string;
  /** Whose it is: the ledger's id and its generation. */
  readonly ledger: string;
  readonly generation: string;
  readonly folder: string;
  /** What the keys of its files are derived from. */
  readonly key: KeyObject;
}

/** One key pair as the pool keeps it, in DER. */
export interface PooledPair {
  /** PrivateKeyInfo (RFC 5208), in memory of its own. */
  readonly pkcs8: Buffer;
  /** SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

/** Seals and opens the keys of one file. */
export interface SlotCipher {
  /** A slot for the key at this position. Only once for each position of a file. */
  readonly seal: (position: number, pair: PooledPair) => Buffer;
  /** Undefined for a slot that was wiped, or that is not the one that was sealed for this position. */
  readonly open: (position: number, slot: Buffer) => PooledPair | undefined;
}

const TAG = 16;

/** Octets of a slot: the same for all keys of an algorithm, so that a slot tells nothing, and is found by its position. */
export function slotSize(algorithm: PoolAlgorithm): number {
  return RSA_BITS[algorithm];
}

/**
 * AES-256-GCM under a key of this file alone, derived from the pool's (HKDF, RFC 5869). Each position is sealed once,
 * so that its number is the nonce; what the tag covers besides are pool, ledger, generation, algorithm, file and position:
 * a slot that was moved, copied or exchanged does not open.
 */
export function openSlotCipher(pool: OpenPool, algorithm: PoolAlgorithm, segment: string): SlotCipher {
  const about = ["lotmint key pool 1", pool.id, pool.ledger, pool.generation, algorithm, segment].join("\n");
  const key = Buffer.from(hkdfSync("sha256", pool.key, Buffer.from(segment, "hex"), about, 32));
  const size = slotSize(algorithm);
  const parts = (position: number) => {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(position, 8);
    return { nonce, covered: Buffer.from(`${about}\n${position}`) };
  };
  return {
    seal: (position, { pkcs8, spki }) => {
      const { nonce, covered } = parts(position);
      const clear = Buffer.alloc(size - TAG);
      try {
        if (4 + pkcs8.length + spki.length > clear.length)
          throw new Error(`a key of ${algorithm} does not fit its slot`);
        clear.writeUInt16BE(pkcs8.length, 0);
        clear.writeUInt16BE(spki.length, 2);
        clear.set(pkcs8, 4);
        clear.set(spki, 4 + pkcs8.length);
        const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(covered);
        return Buffer.concat([cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
      } finally {
        clear.fill(0);
      }
    },
    open: (position, slot) => {
      const { nonce, covered } = parts(position);
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG }).setAAD(covered);
      decipher.setAuthTag(slot.subarray(size - TAG));
      const clear = decipher.update(slot.subarray(0, size - TAG));
      try {
        decipher.final();
        const pkcs8 = Buffer.alloc(clear.readUInt16BE(0));
        const spki = Buffer.alloc(clear.readUInt16BE(2));
        clear.copy(pkcs8, 0, 4);
        clear.copy(spki, 0, 4 + pkcs8.length);
        return { pkcs8, spki };
      } catch {
        return undefined;
      } finally {
        clear.fill(0);
      }
    },
  };
}
