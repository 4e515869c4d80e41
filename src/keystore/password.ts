import type { RandomOctets } from "./random-pool.ts";

/** RFC 4648, section 6: letters and digits that stay apart when somebody reads them out. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PASSWORD_LENGTH = 26;

/** A password of 26 base32 characters: 130 bits, five from each octet, so that every character is equally likely. */
export function newPassword(random: RandomOctets): string {
  const octets = random(PASSWORD_LENGTH);
  let password = "";
  for (const octet of octets) password += BASE32.charAt(octet & 31);
  octets.fill(0);
  return password;
}
