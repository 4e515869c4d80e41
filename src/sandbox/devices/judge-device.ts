import type { X509Certificate } from "node:crypto";
import { DerError } from "../../asn1/read-der.ts";
import { commonNameOf } from "../../x509/name-der.ts";
import { type CertificateFields, readCertificate } from "../../x509/read-certificate.ts";
import type { SandboxState } from "../sandbox-state.ts";
import { addDeviceUser, deviceUserName } from "../sandbox-users.ts";
import { findTrusted, type PathProblem } from "./find-trusted-path.ts";

/** Why a device is refused, for the sandbox's own log: the platform says far less to the device. */
type DeviceProblem = "no certificate" | "no name" | "wrong name" | PathProblem | "not registered";

export type DeviceVerdict =
  | { readonly kind: "accepted"; readonly deviceId: string }
  | { readonly kind: "refused"; readonly fault: DeviceProblem };

/**
 * Whether the platform lets a device in: its certificate leads to a trusted certificate that is ENABLED,
 * the way there is one that relying parties accept (`judgeChain`) with nothing revoked on it, and its user is there. Without one it is made, where the
 * trusted certificate has auto registration. `presented` are the certificates that came with the leaf: the
 * trusted one must be among them, unless it is the leaf's own issuer. `clientId` is the device that an MQTT client says it is.
 */
export function judgeDevice(
  state: SandboxState,
  leaf: X509Certificate | undefined,
  presented: readonly X509Certificate[],
  clientId?: string,
): DeviceVerdict {
  if (leaf === undefined) return refusedDevice("no certificate");
  const fields = readLeaf(leaf);
  const deviceId = fields && commonNameOf(fields.subject);
  if (fields === undefined || deviceId === undefined) return refusedDevice("no name");
  if (clientId !== undefined && clientId !== deviceId) return refusedDevice("wrong name");
  const anchor = findTrusted(state, fields, presented);
  if (typeof anchor === "string") return refusedDevice(anchor);
  if (!state.users.has(deviceUserName(deviceId))) {
    if (!anchor.autoRegistrationEnabled) return refusedDevice("not registered");
    addDeviceUser(state, deviceId, undefined);
  }
  return { kind: "accepted", deviceId };
}

function refusedDevice(fault: DeviceProblem): DeviceVerdict {
  return { kind: "refused", fault };
}

/** A certificate without names that can be read names no device. */
function readLeaf({ raw }: X509Certificate): CertificateFields | undefined {
  try {
    const fields = readCertificate(raw);
    commonNameOf(fields.subject);
    return fields;
  } catch (cause) {
    if (cause instanceof DerError) return undefined;
    throw cause;
  }
}
