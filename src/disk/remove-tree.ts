import { rmSync } from "node:fs";

/**
 * Removes a file or a folder with all that is in it; what is not there is fine. On Windows what another program has open is
 * tried again for about a second. Throws the system's error. Syncs nothing.
 */
export function removeTree(
  path: string,
  { system = process.platform, rm = rmSync }: { readonly system?: NodeJS.Platform; readonly rm?: typeof rmSync } = {},
): void {
  const patience = system === "win32" ? { maxRetries: 6, retryDelay: 50 } : {};
  rm(path, { recursive: true, force: true, ...patience });
}
