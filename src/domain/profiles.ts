import type { Profile } from "./certificate.ts";

const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** A device that logs in by MQTT over TLS with its certificate. */
const DEVICE: Profile = {
  name: "device",
  keyUsage: ["digitalSignature", "nonRepudiation", "keyEncipherment"],
  extendedKeyUsage: [CLIENT_AUTH],
  policies: [],
  requiredSubject: [],
  validity: { kind: "days", days: 3650, asked: false },
};

/**
 * An initial device identity (IEEE 802.1AR): it names the device by its serial number, lasts as long
 * as the device, and does not say what it may be used for.
 */
const IDEVID: Profile = {
  name: "idevid",
  keyUsage: ["digitalSignature"],
  extendedKeyUsage: [],
  policies: [],
  requiredSubject: ["serialNumber"],
  validity: { kind: "never", asked: false },
};

/** The profiles that need no configuration, by name. */
export const BUILT_IN_PROFILES: Readonly<Record<"device" | "idevid", Profile>> = { device: DEVICE, idevid: IDEVID };
