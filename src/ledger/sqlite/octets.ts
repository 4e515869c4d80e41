/** Hex as the octets that the tables hold. */
export function octets(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

export function octetsOrNull(hex: string | null): Buffer | null {
  return hex === null ? null : octets(hex);
}
