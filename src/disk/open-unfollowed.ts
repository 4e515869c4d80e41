import { constants } from "node:fs";

/**
 * Flags to open a file for reading that somebody else has put there: a symbolic link is not followed (ELOOP), and a
 * pipe is not waited for. Windows has neither flag: there a link that takes a file's place after it was looked at is
 * followed, which only an administrator may make.
 */
export function unfollowedFlags(
  known: { readonly O_RDONLY: number; readonly O_NOFOLLOW?: number; readonly O_NONBLOCK?: number } = constants,
): number {
  return known.O_RDONLY | (known.O_NOFOLLOW ?? 0) | (known.O_NONBLOCK ?? 0);
}
