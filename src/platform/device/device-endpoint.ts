import type { KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { getCACertificates } from "node:tls";
import type { PlatformSite } from "../../domain/job.ts";
import { writePem } from "../../x509/pem.ts";
import { causes } from "../http/connection-error.ts";
import { readAddress, readCaFile } from "../http/site-access.ts";

/** What a device has in its keystore, and the name that it goes by. */
export interface DeviceIdentity {
  readonly clientId: string;
  readonly key: KeyObject;
  /** DER: its own certificate first, the trust anchor last. */
  readonly chain: readonly Buffer[];
}

/** One of the two endpoints that the platform has for devices. */
export interface DeviceEndpoint {
  readonly host: string;
  readonly port: number;
  /** The only trust anchors for the server, certificates in PEM. */
  readonly trust: readonly string[];
  /** Longest time for everything, in milliseconds. */
  readonly timeoutMs: number;
  /** Caps the version of TLS; the newest otherwise. */
  readonly maxVersion?: "TLSv1.2";
}

/**
 * What an endpoint answered to a device:
 * - accepted: the device is connected; `notes` are deviations that did no harm
 * - refused: a clear no. `at` says how far it came, `code` is the HTTP status, the CONNACK's return
 *   code or the TLS alert
 * - server-untrusted: the device ended the handshake, since its trust anchors do not verify the server
 */
export type DeviceAnswer =
  | { readonly kind: "accepted"; readonly notes: readonly string[] }
  | {
      readonly kind: "refused";
      readonly at: "handshake" | "token" | "connect" | "message";
      readonly code: string;
      readonly reason: string;
    }
  | { readonly kind: "server-untrusted"; readonly code: string };

/** A site's device endpoints, and the trust anchors for their servers: the public CAs and the site's own. */
export function siteEndpoints(site: PlatformSite) {
  const { hostname } = readAddress(site.url);
  return {
    host: hostname.replace(/^\[|\]$/g, ""),
    tokenPort: site.deviceTokenPort,
    mqttPort: site.mqttPort,
    trust: [...getCACertificates("default"), ...(site.caFile === undefined ? [] : [readCaFile(site.caFile)])],
  };
}

/** Mutual TLS as the device speaks it: the whole chain is sent, and the server is always verified. */
export function deviceTls(endpoint: DeviceEndpoint, { key, chain }: DeviceIdentity) {
  return {
    key: key.export({ type: "pkcs8", format: "pem" }),
    cert: chain.map((der) => writePem("CERTIFICATE", der)).join(""),
    ca: [...endpoint.trust],
    // A truststore may pin the server's own certificate, which is no CA (RFC 6125 leaves that to the client).
    allowPartialTrustChain: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.2" as const,
    ...(endpoint.maxVersion === undefined ? {} : { maxVersion: endpoint.maxVersion }),
    // An address is no host name, and must not be sent as one (RFC 6066, 3).
    ...(isIP(endpoint.host) === 0 ? { servername: endpoint.host } : {}),
  };
}

/** OpenSSL's verdicts on a server's chain and Node's own on its name. */
const DISTRUST =
  /^(UNABLE_TO_(GET|DECRYPT|DECODE|VERIFY)_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH|ERR_TLS_CERT_)/;
const ALERT = /^ERR_SSL_(?:.*_)?ALERT_(.+)$/;
/** Alerts that a server sends over the client's certificate (RFC 8446, 6.2). */
const ALERT_NAMES: Readonly<Record<string, string>> = {
  BAD_CERTIFICATE: "bad certificate",
  UNSUPPORTED_CERTIFICATE: "unsupported certificate",
  CERTIFICATE_REVOKED: "certificate revoked",
  CERTIFICATE_EXPIRED: "certificate expired",
  CERTIFICATE_UNKNOWN: "certificate unknown",
  UNKNOWN_CA: "unknown CA",
  ACCESS_DENIED: "access denied",
  DECRYPT_ERROR: "decrypt error",
  CERTIFICATE_REQUIRED: "certificate required",
  HANDSHAKE_FAILURE: "handshake failure",
};

/** What an error of a TLS connection says about a certificate, the server's or the device's; undefined: nothing. */
export function tlsVerdict(error: unknown): DeviceAnswer | undefined {
  for (const { code } of causes(error)) {
    if (DISTRUST.test(code)) return { kind: "server-untrusted", code };
    const alert = ALERT_NAMES[ALERT.exec(code)?.[1] ?? ""];
    if (alert === undefined) continue;
    return { kind: "refused", at: "handshake", code: alert, reason: `TLS alert: ${alert}` };
  }
  return undefined;
}
