/** The headers that tell which site a browser's request comes from. */
export interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
  readonly site?: string | undefined;
  readonly mode?: string | undefined;
}

/**
 * True for a request that changes something and comes from this page: its Origin is the very address that was asked. Browsers
 * send the Origin of every post; one without any is no browser's, and counts only where `withoutOrigin` says so.
 */
export function isFromOwnPage(
  headers: OriginHeaders,
  options: { readonly tls: boolean; readonly withoutOrigin: boolean },
): boolean {
  const { origin, host, site } = headers;
  if (site !== undefined && site !== "same-origin") return false;
  if (origin === undefined) return options.withoutOrigin && site === undefined;
  return origin.toLowerCase() === `${options.tls ? "https" : "http"}://${(host ?? "").toLowerCase()}`;
}

/** True for what a page of another site loads into itself: a picture, a script, a fetch. A link that is followed is none. */
export function isForeignUse({ site, mode }: OriginHeaders): boolean {
  return (site === "cross-site" || site === "same-site") && mode !== "navigate";
}
