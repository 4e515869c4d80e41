import { isIP } from "node:net";
import { OnboardingError } from "../../domain/error.ts";

/** Where the page is served. */
export interface ListenAddress {
  /** A name or an IP address, an IPv6 one without brackets. */
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  /** True where only this machine reaches it. */
  readonly loopback: boolean;
}

const FORM = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+)):(\d{1,5})$/i;

/** Reads HOST:PORT, an IPv6 address in brackets. Throws `usage`. */
export function parseListenAddress(text: string): ListenAddress {
  const [, six, name, digits] = FORM.exec(text) ?? [];
  const host = six ?? name;
  const port = Number(digits);
  if (host === undefined || (six !== undefined && isIP(six) !== 6) || !(port <= 65_535)) {
    throw new OnboardingError(
      `--page takes HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080; ${JSON.stringify(text)} is none`,
      { code: "usage" },
    );
  }
  return { host, port, loopback: isLoopback(host) };
}

/** True for the addresses and names by which a machine reaches itself alone. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase();
  if (isIP(address) === 4) return address.startsWith("127.");
  if (isIP(address) === 6) return new URL(`http://[${address}]`).hostname === "[::1]";
  return address === "localhost" || address.endsWith(".localhost");
}

/** HOST:PORT as it stands in a URL. */
export function urlHost(host: string, port: number): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
