import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { isLoopback, type ListenAddress } from "./listen-address.ts";

export interface OwnHostOptions {
  readonly address: ListenAddress;
  /** The port that is served in the end. */
  readonly port: number;
  /** The server's certificate, PEM; undefined without TLS. */
  readonly certificate: string | undefined;
}

/** At most a name of 253 octets and a port. */
const LONGEST = 260;

/**
 * Tells whether a Host header names this server. A page of another site that lets its name point here (DNS rebinding)
 * sends its own name. Right are the address that is listened on, the loopback names where that is a loopback address,
 * and every name and IP address of the server's certificate; with the port.
 */
export function ownHost({ address, port, certificate }: OwnHostOptions): (host: string | undefined) => boolean {
  const read = certificate === undefined ? undefined : new X509Certificate(certificate);
  const usual = certificate === undefined ? 80 : 443;
  return (header) => {
    const asked = header === undefined || header.length > LONGEST ? undefined : splitHost(header.toLowerCase());
    if (asked === undefined || (asked.port ?? usual) !== port) return false;
    const { host } = asked;
    if (host === address.host.toLowerCase()) return true;
    if (address.loopback && isLoopback(host)) return true;
    if (read === undefined) return false;
    return isIP(host) === 0 ? read.checkHost(host) !== undefined : read.checkIP(host) !== undefined;
  };
}

function splitHost(header: string): { readonly host: string; readonly port: number | undefined } | undefined {
  const [, six, name, digits] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::(\d{1,5}))?$/.exec(header) ?? [];
  const host = six ?? name;
  return host === undefined ? undefined : { host, port: digits === undefined ? undefined : Number(digits) };
}
