import { createHash } from "node:crypto";
import { closeSync, createReadStream, fstatSync, openSync, type ReadStream } from "node:fs";
import { isMissing } from "../../disk/disk-error.ts";
import { unfollowedFlags } from "../../disk/open-unfollowed.ts";

export interface OpenedDownload {
  readonly size: number;
  readonly stream: () => ReadStream;
}

/**
 * Opens a regular file; undefined where there is none, and where a link, a folder or a pipe has taken its place. No link is
 * followed, so that nobody who may write into output/ has another file shown.
 */
export function openDownload(path: string): OpenedDownload | undefined {
  let fd: number;
  try {
    fd = openSync(path, unfollowedFlags());
  } catch (error) {
    if (isMissing(error) || isLink(error)) return undefined;
    throw error;
  }
  const stats = fstatSync(fd);
  if (!stats.isFile()) {
    closeSync(fd);
    return undefined;
  }
  return {
    size: stats.size,
    // Not past the size that was told: the file may grow meanwhile.
    stream: () => createReadStream(path, { fd, start: 0, end: Math.max(0, stats.size - 1), autoClose: true }),
  };
}

function isLink(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ELOOP" || error.code === "EMLINK");
}

/**
 * What a browser may do with a lot's report: show it with its own style, and nothing else. No script runs in it whatever is in
 * the file; its links work as links of this page.
 */
export function reportPolicy(report: string): string {
  const styles = [...report.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(
    ([, style = ""]) => `'sha256-${createHash("sha256").update(style, "utf8").digest("base64")}'`,
  );
  return [
    "default-src 'none'",
    `style-src ${styles.length === 0 ? "'none'" : styles.slice(0, 4).join(" ")}`,
    "form-action 'none'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "sandbox allow-same-origin allow-downloads",
  ].join("; ");
}
