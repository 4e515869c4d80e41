import type { X509Certificate } from "node:crypto";
import { DerError } from "../../asn1/read-der.ts";
import { commonNameOf } from "../../x509/name-der.ts";
import { readCertificate } from "../../x509/read-certificate.ts";
import type { SandboxState } from "../sandbox-state.ts";
import { addDeviceUser, deviceUserName } from "../sandbox-users.ts";
import type { StoredCertificate } from "../trust/stored-certificate.ts";

/** Why a device is turned away, for the sandbox's own log: the platform says far less to the device. */
type DeviceFault =
  | "no certificate"
  | "no name"
  | "wrong name"
  | "expired"
  | "not trusted"
  | "disabled"
  | "revoked"
  | "not registered";

export type DeviceVerdict =
  | { readonly kind: "let-in"; readonly deviceId: string }
  | { readonly kind: "turned-away"; readonly fault: DeviceFault };

/** Certificates from the device to the anchor, both counted. */
const MAX_CHAIN = 10;
/** The option that makes the platform look into its own revocation list; off unless set. */
const OFFLINE_CHECK = "configuration/crl.offline.check.enabled";

/**
 * Whether the platform lets a device in: its certificate leads to a trusted certificate that is ENABLED,
 * nothing on the way has expired or is revoked, and its user is there. Without one it is made, where the
 * trusted certificate has auto registration. `presented` are the certificates that came with the leaf: the
 * trusted one must be among them, unless it is the leaf's own issuer. `clientId` is the device that an MQTT client says it is.
 */
export function judgeDevice(
  state: SandboxState,
  leaf: X509Certificate | undefined,
  presented: readonly X509Certificate[],
  clientId?: string,
): DeviceVerdict {
  if (leaf === undefined) return turnedAway("no certificate");
  const deviceId = nameOf(leaf);
  if (deviceId === undefined) return turnedAway("no name");
  if (clientId !== undefined && clientId !== deviceId) return turnedAway("wrong name");
  const walked = walkToAnchor(state, leaf, presented);
  if (typeof walked === "string") return turnedAway(walked);
  const nowMs = state.nowMs();
  if (walked.path.some((certificate) => !isValidAt(certificate, nowMs))) return turnedAway("expired");
  if (state.options.get(OFFLINE_CHECK) === "true" && walked.path.some((each) => isRevoked(state, each))) {
    return turnedAway("revoked");
  }
  if (!state.users.has(deviceUserName(deviceId))) {
    if (!walked.anchor.autoRegistrationEnabled) return turnedAway("not registered");
    addDeviceUser(state, deviceId, undefined);
  }
  return { kind: "let-in", deviceId };
}

function turnedAway(fault: DeviceFault): DeviceVerdict {
  return { kind: "turned-away", fault };
}

/** The way from the leaf to the first trusted certificate, the leaf first and the anchor last. */
function walkToAnchor(
  state: SandboxState,
  leaf: X509Certificate,
  presented: readonly X509Certificate[],
): DeviceFault | { readonly path: readonly X509Certificate[]; readonly anchor: StoredCertificate } {
  const trusted = [...state.certificates.values()];
  const path = [leaf];
  while (path.length < MAX_CHAIN) {
    const last = path[path.length - 1] ?? leaf;
    const signer = [...trusted.map(({ x509 }) => x509), ...presented].find(
      (candidate) => !path.includes(candidate) && mayHaveSigned(candidate, last, path.length - 1),
    );
    if (signer === undefined) return "not trusted";
    path.push(signer);
    const anchor = trusted.find(({ x509 }) => x509.raw.equals(signer.raw));
    if (anchor === undefined) continue;
    if (path.length > 2 && !presented.some(({ raw }) => raw.equals(signer.raw))) return "not trusted";
    return anchor.status === "ENABLED" ? { path, anchor } : "disabled";
  }
  return "not trusted";
}

/** Name, signature, CA:true, and a path length that allows so many authorities below (RFC 5280, 4.2.1.9). */
function mayHaveSigned(issuer: X509Certificate, subject: X509Certificate, authoritiesBelow: number): boolean {
  if (!issuer.ca || !subject.checkIssued(issuer) || !subject.verify(issuer.publicKey)) return false;
  return (readCertificate(issuer.raw).basicConstraints?.pathLength ?? MAX_CHAIN) >= authoritiesBelow;
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();
}

/** The serial number alone is the key: the list names no issuers. */
function isRevoked(state: SandboxState, { serialNumber }: X509Certificate): boolean {
  return state.revocations.has(serialNumber.toLowerCase().replace(/^0+(?=.)/, ""));
}

/** The one common name, which is the device's id. */
function nameOf(leaf: X509Certificate): string | undefined {
  try {
    return commonNameOf(readCertificate(leaf.raw).subject);
  } catch (cause) {
    if (cause instanceof DerError) return undefined;
    throw cause;
  }
}
