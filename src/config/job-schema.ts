import { z } from "zod";
import { KEY_ALGORITHMS } from "../domain/certificate.ts";
import { DEFAULT_MAX_ROWS } from "../domain/job.ts";
import { STANDARD_COLUMNS } from "../domain/manifest-columns.ts";
import { NOT_AFTER_PATTERN, TIME_PATTERN, VALIDITY_PATTERN } from "./durations.ts";
import { formed, integer, listOf, mapping, oneOf, text, yesOrNo } from "./schema-parts.ts";

/** Names of authorities: also a folder's name, and part of a variable's name in the environment. */
export const AUTHORITY_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;
/** Names of profiles. */
export const PROFILE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
/** A keystore alias that every reader can type. */
const ALIAS_PATTERN = /^[\x21-\x7e](?:[\x20-\x7e]{0,62}[\x21-\x7e])?$/;

const alias = formed(ALIAS_PATTERN, "an alias of 1 to 64 printable ASCII characters").optional().meta({
  description: "Alias of the device's key in the keystore; may hold {id}, {lot}, {column}.",
  default: "devicekeyentry",
});

const pkcs12 = mapping({
  alias,
  recipe: oneOf(["modern", "legacy"])
    .optional()
    .meta({ description: "modern: AES-256 and SHA-256; legacy: 3DES and SHA-1, for old readers.", default: "modern" }),
  iterations: integer(1000, 10_000_000).optional().meta({
    description: "Rounds of the password derivation. A per-lot password gets at least 10000, whatever stands here.",
    default: 2048,
  }),
});

const keystores = mapping({
  pkcs12: pkcs12.optional().meta({ description: "keystore.p12" }),
  jks: mapping({ alias }).optional().meta({ description: "keystore.jks" }),
  pem: mapping({
    key: oneOf(["none", "encrypted", "plain"])
      .optional()
      .meta({ description: "Whether and how key.pem is written.", default: "none" }),
  })
    .optional()
    .meta({ description: "key.pem; certificate.pem and chain.pem are always written." }),
});

const truststore = mapping({
  formats: listOf(oneOf(["pkcs12", "jks", "pem"]), "a list of pkcs12, jks, pem", { empty: false })
    .optional()
    .meta({ description: "Which truststore files are written.", default: ["pkcs12"] }),
  certificates: listOf(text("platform or the path of a PEM file", 4096), "a list of platform and paths of PEM files", {
    empty: false,
  })
    .optional()
    .meta({
      description: "What the device shall trust: platform (pinned by truststore fetch) or paths of PEM files.",
      default: ["platform"],
    }),
  per: oneOf(["device", "lot"]).optional().meta({
    description: "One in each device's folder, with the device's password, or one for the lot.",
    default: "device",
  }),
});

const attribute = (description: string) =>
  text("text; put a number in quotes")
    .optional()
    .meta({ description: `${description}; {column} takes a manifest cell.` });

const subject = mapping({
  C: attribute("Country, two letters"),
  ST: attribute("State or province"),
  L: attribute("Locality"),
  O: attribute("Organisation"),
  OU: attribute("Organisational unit"),
  serialNumber: attribute("The device's serial number"),
});

const registration = mapping({
  mode: oneOf(["bulk", "auto", "none"]).optional().meta({
    description: "bulk: lotmint registers; auto: the platform does at first connection; none.",
    default: "bulk",
  }),
  type: text().optional().meta({ description: "Type of the device, where its row names none.", default: "c8y_Device" }),
  name: text()
    .optional()
    .meta({ description: "Template of the device's name; may hold {id}, {lot}, {column}.", default: "{id}" }),
  path: text().optional().meta({ description: "Template of its group path, with / between groups." }),
  idType: text().optional().meta({ description: "Type of its external id; the platform's default is c8y_Serial." }),
  shell: yesOrNo().optional().meta({ description: "Whether the device supports the remote shell." }),
  agent: yesOrNo().optional().meta({ description: "Whether the device is marked as an agent.", default: true }),
  properties: listOf(text("the name of a column"), "a list of columns", { empty: true })
    .optional()
    .meta({ description: "Manifest columns that become custom properties.", default: [] }),
});

const submit = mapping({
  enabled: yesOrNo().optional().meta({ description: "Default: true if lotmint.yaml names a platform." }),
  rowsPerUpload: integer(1, 10_000).optional().meta({ description: "Rows in one registration file.", default: 500 }),
  concurrency: integer(1, 64).optional().meta({ description: "Uploads at a time.", default: 4 }),
  collisions: oneOf(["platform", "ledger"]).optional().meta({
    description: "platform: ask it for each id before the first attempt; ledger: trust lotmint's own records.",
    default: "platform",
  }),
});

const columns = z.record(
  formed(
    new RegExp(`^(?:${STANDARD_COLUMNS.join("|")}|external-.+)$`),
    `one of lotmint's columns: ${STANDARD_COLUMNS.join(", ")}, external-<type>`,
  ),
  text("the manifest's header for it", 256),
  { error: (issue) => (issue.code === "invalid_type" ? "expected a mapping" : undefined) },
);

/** A job file. All keys may be left out here, since `defaults` in lotmint.yaml may give them. */
export const jobSchema = mapping({
  lot: text("text; put a number in quotes").optional().meta({
    description: "The lot's name; may hold {file} (the manifest's name without ending) and {date} (YYYY-MM-DD).",
    default: "{file}",
  }),
  manifest: text("the path of a manifest, or a pattern", 4096)
    .optional()
    .meta({ description: "A file, or a pattern with * and ?: one lot per file. Relative to this file." }),
  issuer: formed(AUTHORITY_PATTERN, "the name of an authority")
    .optional()
    .meta({ description: "The authority that signs the certificates. Required, here or in lotmint.yaml's defaults." }),
  profile: formed(PROFILE_PATTERN, "the name of a profile")
    .optional()
    .meta({ description: "device, idevid, or a profile from lotmint.yaml.", default: "device" }),
  key: oneOf(KEY_ALGORITHMS).optional().meta({ description: "Kind of the devices' keys.", default: "ec-p256" }),
  validity: formed(VALIDITY_PATTERN, "days or years, such as 365d or 20y")
    .optional()
    .meta({ description: "How long certificates are valid. Default: 3650d, cut to the issuer's end." }),
  notAfter: formed(NOT_AFTER_PATTERN, "a date such as 2040-01-01, a date with time and zone, or never")
    .optional()
    .meta({ description: "When certificates end, instead of validity: the end of that day in UTC; or never." }),
  outliveIssuer: oneOf(["reject", "truncate", "permit"])
    .optional()
    .meta({ description: "What to do when a validity that was asked for ends after the issuer's.", default: "reject" }),
  subject: subject.optional().meta({ description: "Attributes of the certificates' subject; CN is always the id." }),
  columns: columns
    .optional()
    .meta({ description: "lotmint's column: the manifest's header for it, where they differ." }),
  keystores: keystores.optional().meta({
    description: "Which keystores each device gets. Replaces the default, pkcs12 and pem without a key.",
  }),
  truststore: truststore.optional().meta({ description: "Which truststore the devices get. Default: none." }),
  passwords: oneOf(["per-device", "per-lot"])
    .optional()
    .meta({ description: "A password for each device, or LOTMINT_LOT_PASSWORD for all.", default: "per-device" }),
  secrets: mapping({
    folder: text("a folder", 4096)
      .optional()
      .meta({ description: "Where passwords go instead of output/<lot>/secrets." }),
    sealTo: text("the path of a PEM certificate", 4096)
      .optional()
      .meta({ description: "Certificate of who alone may read the passwords." }),
  })
    .optional()
    .meta({ description: "Where passwords go, and who can read them." }),
  registration: registration
    .optional()
    .meta({ description: "How devices appear on the platform. A manifest cell wins." }),
  submit: submit.optional().meta({ description: "How registrations are sent." }),
  secretColumns: listOf(text("the name of a column", 256), "a list of columns", { empty: true }).optional().meta({
    description: "Manifest columns that are secret: their cells stay out of the ledger, rejects.csv and reports.",
    default: [],
  }),
  receipt: yesOrNo().optional().meta({
    description: "Whether runs that complete something write a signed receipt.",
    default: true,
  }),
  takt: formed(TIME_PATTERN, "a time such as 12s, 500ms or 2m")
    .optional()
    .meta({ description: "Time per device that the line allows; the report measures against it." }),
  quantity: integer(1, 100_000_000)
    .optional()
    .meta({ description: "Devices that the lot may have; rows beyond are rejected." }),
  maxRows: integer(1, 100_000_000).optional().meta({
    description: "Rows that a manifest may have; one with more is refused whole.",
    default: DEFAULT_MAX_ROWS,
  }),
  schedule: text("five cron fields", 200)
    .optional()
    .meta({ description: "When watch runs the job: minute, hour, day of month, month, day of week." }),
  timezone: text("a time zone such as Europe/Berlin", 64)
    .optional()
    .meta({ description: "Time zone of the schedule. Default: this machine's." }),
});

/** A job as written: checked, without defaults. */
export type JobInput = z.output<typeof jobSchema>;
