import { z } from "zod";
import { KEY_USAGES, SUBJECT_ATTRIBUTES } from "../domain/certificate.ts";
import { WATCH_EVENTS } from "../domain/job.ts";
import { NOT_AFTER_PATTERN, TIME_PATTERN, VALIDITY_PATTERN } from "./durations.ts";
import { jobSchema, PROFILE_PATTERN } from "./job-schema.ts";
import { formed, integer, listOf, mapping, oneOf, text } from "./schema-parts.ts";

/** Names for the extended key usages of RFC 5280, 4.2.1.12; any other is written as a dotted OID. */
export const EXTENDED_KEY_USAGES = {
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
  codeSigning: "1.3.6.1.5.5.7.3.3",
  emailProtection: "1.3.6.1.5.5.7.3.4",
  timeStamping: "1.3.6.1.5.5.7.3.8",
} as const;

/** Arcs of an object identifier: the first is 0 to 2, the second below 40 unless the first is 2 (X.660). */
/** Arcs of up to 128 bits, which UUIDs below 2.25 have. */
const OID = "(?:[01]\\.[1-3]?\\d|2\\.(?:0|[1-9]\\d{0,38}))(?:\\.(?:0|[1-9]\\d{0,38}))+";
const OID_PATTERN = new RegExp(`^${OID}$`);
const EXTENDED_KEY_USAGE_PATTERN = new RegExp(`^(?:${Object.keys(EXTENDED_KEY_USAGES).join("|")}|${OID})$`);

/** A device's certificate signs no certificates, so the two usages of authorities stay out. */
const LEAF_KEY_USAGES = KEY_USAGES.filter((usage) => usage !== "keyCertSign" && usage !== "cRLSign");
const [FIRST_USAGE = "digitalSignature", ...OTHER_USAGES] = LEAF_KEY_USAGES;
const REQUIRABLE = SUBJECT_ATTRIBUTES.filter((attribute) => attribute !== "CN");
const [FIRST_ATTRIBUTE = "serialNumber", ...OTHER_ATTRIBUTES] = REQUIRABLE;

const profile = mapping({
  base: oneOf(["device", "idevid"]).optional(),
  keyUsage: listOf(oneOf([FIRST_USAGE, ...OTHER_USAGES]), "a list of key usages", { empty: false }).optional(),
  extKeyUsage: listOf(
    formed(
      EXTENDED_KEY_USAGE_PATTERN,
      `${Object.keys(EXTENDED_KEY_USAGES).join(", ")} or an OID such as 1.3.6.1.4.1.1.2`,
    ),
    "a list of extended key usages",
    { empty: true },
  ).optional(),
  policies: listOf(formed(OID_PATTERN, "an OID such as 1.3.6.1.4.1.1.2"), "a list of OIDs", { empty: true }).optional(),
  requiredSubject: listOf(oneOf([FIRST_ATTRIBUTE, ...OTHER_ATTRIBUTES]), "a list of subject attributes", {
    empty: true,
  }).optional(),
  validity: formed(VALIDITY_PATTERN, "days or years, such as 365d or 20y").optional(),
  notAfter: formed(NOT_AFTER_PATTERN, "a date such as 2040-01-01, a date with time and zone, or never").optional(),
});

/** A profile as lotmint.yaml writes it: what it leaves out comes from its base. */
export type ProfileInput = z.output<typeof profile>;

const platform = mapping({
  url: text("the platform's address, such as https://acme.cumulocity.com"),
  tenant: text("the tenant's id", 64).optional(),
  user: text("a user's name", 256).optional(),
  deviceTokenPort: integer(1, 65_535).optional(),
  mqttPort: integer(1, 65_535).optional(),
  caFile: text("the path of a PEM file", 4096).optional(),
  timeout: formed(TIME_PATTERN, "a time such as 30s or 5m").optional(),
});

const webhook = mapping({
  url: text("an address, such as https://mes.example.com/lotmint"),
  events: listOf(oneOf(WATCH_EVENTS), `a list of ${WATCH_EVENTS.join(", ")}`, { empty: false }).optional(),
  caFile: text("the path of a PEM file", 4096).optional(),
});

const keys = integer(1, 1_000_000).optional();
const keyPool = mapping({ "rsa-2048": keys, "rsa-3072": keys, "rsa-4096": keys });

const hsm = mapping({
  module: text("the path of a PKCS#11 module, such as /usr/lib/softhsm/libsofthsm2.so", 4096),
  sessions: integer(1, 64).optional(),
  initArgs: text("what the module wants to be told when it starts", 4096).optional(),
});

/** lotmint.yaml. */
export const siteSchema = mapping({
  platform: platform.optional(),
  profiles: z
    .record(formed(PROFILE_PATTERN, "a name of letters, digits, -, _ and ."), profile, {
      error: (issue) => (issue.code === "invalid_type" ? "expected a mapping" : undefined),
    })
    .optional(),
  idRule: text("a regular expression").optional(),
  maxChain: integer(2, 20).optional(),
  lotsAtOnce: integer(1, 16).optional(),
  settle: formed(TIME_PATTERN, "a time such as 5s").optional(),
  webhook: webhook.optional(),
  keyPool: keyPool.optional(),
  hsm: hsm.optional(),
  defaults: jobSchema.optional(),
});

export type SiteInput = z.output<typeof siteSchema>;
