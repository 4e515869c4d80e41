import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readJob } from "../../src/config/read-job.ts";
import { readSite } from "../../src/config/read-site.ts";
import { homeLayout } from "../../src/disk/layout.ts";
import { OnboardingError } from "../../src/domain/error.ts";
import type { Job } from "../../src/domain/job.ts";

const NOW = Date.UTC(2026, 10, 23, 12);
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "lotmint-job-"));
  mkdirSync(join(root, "jobs"));
});
afterEach(() => rmSync(root, { recursive: true }));

function read(yaml: string, site = ""): Job {
  const home = homeLayout(root);
  const path = join(home.jobs, "demo.yaml");
  writeFileSync(path, yaml);
  writeFileSync(home.siteFile, site);
  return readJob(path, home, readSite(home, NOW), NOW);
}

function refusal(yaml: string, site = ""): readonly string[] {
  try {
    read(yaml, site);
  } catch (error) {
    expect(error).toBeInstanceOf(OnboardingError);
    expect(error).toMatchObject({ code: "usage" });
    return (error as OnboardingError).message.split("\n");
  }
  return [];
}

test("a job that names nothing but an issuer gets every default", () => {
  expect(read("issuer: line-3\n")).toEqual({
    name: "demo",
    lot: "{file}",
    issuer: "line-3",
    profile: expect.objectContaining({ name: "device" }),
    key: "ec-p256",
    validity: { kind: "days", days: 3650, asked: false },
    outliveIssuer: "reject",
    subject: [],
    columns: {},
    keystores: { pkcs12: { alias: "devicekeyentry", recipe: "modern", iterations: 2048 }, pem: { key: "none" } },
    passwords: "per-device",
    secrets: {},
    registration: { mode: "bulk", type: "c8y_Device", name: "{id}", agent: true, properties: [] },
    submit: { enabled: false, rowsPerUpload: 500, concurrency: 4, collisions: "platform" },
  });
});

test("a job with every key comes out as it was meant", () => {
  writeFileSync(join(root, "ca.pem"), "x");
  const job = read(
    `
lot: "{file}-{date}"
manifest: ../input/L2026-47-*.csv
issuer: line-3
profile: idevid
key: rsa-3072
validity: 20y
outliveIssuer: truncate
subject: { serialNumber: "{serial_number}", OU: Sensors, O: Acme GmbH }
columns: { id: "Device ID", external-imei: IMEI }
keystores: { jks: { alias: "{id}-{hw_rev}" }, pem: { key: encrypted } }
secretColumns: [app_key]
truststore: { formats: [pkcs12, pem], certificates: [platform, ../ca.pem], per: lot }
passwords: per-lot
secrets: { folder: ../usb, sealTo: ../ca.pem }
registration: { mode: bulk, type: c8y_Linux, name: "{id}", path: "Factory/{lot}", idType: c8y_Serial, shell: true, agent: false, properties: [hw_rev] }
submit: { enabled: true, rowsPerUpload: 100, concurrency: 64, collisions: ledger }
takt: 1500ms
quantity: 5000
schedule: "30 5 * * mon-fri"
timezone: Europe/Berlin
`,
    "platform: { url: https://acme.example.com, user: lot }\n",
  );
  expect(job).toMatchObject({
    lot: "{file}-{date}",
    manifest: join(root, "input/L2026-47-*.csv"),
    profile: { name: "idevid" },
    validity: { kind: "years", years: 20, asked: true },
    subject: [
      { attribute: "O", template: "Acme GmbH" },
      { attribute: "OU", template: "Sensors" },
      { attribute: "serialNumber", template: "{serial_number}" },
    ],
    columns: { id: "Device ID", "external-imei": "IMEI" },
    keystores: { jks: { alias: "{id}-{hw_rev}" }, pem: { key: "encrypted" } },
    secretColumns: ["app_key"],
    truststore: { formats: ["pkcs12", "pem"], certificates: ["platform", join(root, "ca.pem")], per: "lot" },
    secrets: { folder: join(root, "usb"), sealTo: join(root, "ca.pem") },
    registration: { path: "Factory/{lot}", shell: true, agent: false, properties: ["hw_rev"] },
    submit: { enabled: true, rowsPerUpload: 100, concurrency: 64, collisions: "ledger" },
    taktSeconds: 1.5,
    quantity: 5000,
    schedule: { cron: "30 5 * * mon-fri", timezone: "Europe/Berlin" },
  });
  expect(job.keystores.pkcs12).toBeUndefined();
});

test("all problems are told at once, each with file, line and key", () => {
  expect(
    refusal(`issuer: line-3
submit:
  concurrency: x
  rowsPerUplod: 3
takt: 12
lot: 2026
profle: x
subject: { CN: a }
keystores: { pkcs12: }
`),
  ).toEqual([
    'jobs/demo.yaml:3: submit.concurrency: expected a whole number from 1 to 64, got "x"',
    "jobs/demo.yaml:4: submit.rowsPerUplod: is not a key that belongs here; did you mean rowsPerUpload?",
    "jobs/demo.yaml:5: takt: expected a time such as 12s, 500ms or 2m, got 12",
    "jobs/demo.yaml:6: lot: expected text; put a number in quotes, got 2026",
    "jobs/demo.yaml:7: profle: is not a key that belongs here; did you mean profile?",
    "jobs/demo.yaml:8: subject.CN: is always the device's id and cannot be set",
    "jobs/demo.yaml:9: keystores.pkcs12: expected a mapping, got nothing",
  ]);
});

test.each([
  ["a template of the subject", 'subject: { O: "{App_Key}" }', "subject.O"],
  ["the name", 'registration: { name: "{id} {app_key}" }', "registration.name"],
  ["the path", 'registration: { path: "F/{app_key}" }', "registration.path"],
  ["a property", "registration: { properties: [app_key] }", "registration.properties"],
  ["an alias", 'keystores: { pkcs12: { alias: "{app_key}" } }', "keystores.pkcs12.alias"],
  ["a column of lotmint's", 'columns: { name: "App_Key" }', "columns.name"],
  ["a template by lotmint's name for it", 'columns: { name: "app_key" }\nsubject: { O: "{name}" }', "subject.O"],
])("a secret column may not be used by %s", (_, setting, user) => {
  expect(refusal(`issuer: line-3\nsecretColumns: [other, app_key]\n${setting}\n`)).toEqual([
    `jobs/demo.yaml:2: secretColumns[1]: "app_key" is used by ${user}; a secret column cannot be used`,
  ]);
});

test("a secret column may not be one that lotmint itself reads", () => {
  expect(refusal("issuer: line-3\nsecretColumns: [External-IMEI]\n")).toEqual([
    'jobs/demo.yaml:2: secretColumns[0]: "External-IMEI" is used by lotmint itself, as an external id; a secret column cannot be used',
  ]);
  expect(refusal('issuer: line-3\nregistration: { name: "{credentials}" }\n')).toEqual([
    "jobs/demo.yaml:2: registration.name: takes column CREDENTIALS, which is secret in every manifest",
  ]);
  expect(read('issuer: line-3\nsecretColumns: [lot]\nregistration: { path: "F/{lot}" }\n').secretColumns).toEqual([
    "lot",
  ]);
  expect(refusal("issuer: line-3\nsecretColumns: [iccid]\n")).toEqual([
    'jobs/demo.yaml:2: secretColumns[0]: "iccid" is used by lotmint itself, as iccid; a secret column cannot be used',
  ]);
  expect(read("issuer: line-3\nsecretColumns: [name]\ncolumns: { name: Label }\n").secretColumns).toEqual(["name"]);
});

test("an alias that is no template is refused", () => {
  expect(refusal('issuer: line-3\nkeystores: { jks: { alias: "{id" } }\n')).toEqual([
    expect.stringContaining("jobs/demo.yaml:2: keystores.jks.alias: a brace has no partner"),
  ]);
});

describe("settings that do not fit together are refused:", () => {
  test.each([
    [
      "no issuer",
      "lot: x\n",
      "jobs/demo.yaml:1: issuer: is missing; name the authority that signs, such as issuer: line-3",
    ],
    [
      "an unknown profile",
      "issuer: a\nprofile: devise\n",
      'jobs/demo.yaml:2: profile: there is no profile "devise"; did you mean device?',
    ],
    [
      "validity beside notAfter",
      "issuer: a\nvalidity: 1y\nnotAfter: never\n",
      "jobs/demo.yaml:3: notAfter: cannot stand beside validity; keep one of them",
    ],
    [
      "a date that is past",
      "issuer: a\nnotAfter: 2026-11-22\n",
      "jobs/demo.yaml:2: notAfter: 2026-11-22 is in the past",
    ],
    [
      "a day that no calendar has",
      "issuer: a\nnotAfter: 2040-02-30\n",
      "jobs/demo.yaml:2: notAfter: 2040-02-30 is no date of the calendar",
    ],
    [
      "a fixed lot for a pattern",
      "issuer: a\nlot: L1\nmanifest: in/*.csv\n",
      "jobs/demo.yaml:2: lot: must hold {file}, since the manifest is a pattern and each file is a lot of its own",
    ],
    [
      "an unknown placeholder",
      'issuer: a\nlot: "{week}"\n',
      "jobs/demo.yaml:2: lot: {week} is not known; a lot's name may hold {file} and {date}",
    ],
    [
      "idevid without serialNumber",
      "issuer: a\nprofile: idevid\n",
      'jobs/demo.yaml:1: subject: must hold serialNumber, which profile idevid requires, such as serialNumber: "{serial_number}"',
    ],
    [
      "a lone brace",
      'issuer: a\nsubject: { O: "{org" }\n',
      "jobs/demo.yaml:2: subject.O: a brace has no partner; a column is written {column}",
    ],
    [
      "a subject that is too long",
      `issuer: a\nsubject: { O: ${"x".repeat(65)} }\n`,
      "jobs/demo.yaml:2: subject.O: has 65 characters, the most is 64",
    ],
    [
      "a separator in a registration",
      'issuer: a\nregistration: { path: "A;B/{lot}" }\n',
      "jobs/demo.yaml:2: registration.path: holds a semicolon, which the platform's CSV cannot carry",
    ],
    [
      "a property with a meaning on the platform",
      "issuer: a\nregistration:\n  properties:\n    - hw\n    - Tenant\n",
      "jobs/demo.yaml:5: registration.properties[1]: Tenant is a column that the platform gives a meaning of its own",
    ],
    [
      "submission without a platform",
      "issuer: a\nsubmit: { enabled: true }\n",
      "jobs/demo.yaml:2: submit.enabled: needs a platform, and lotmint.yaml names none",
    ],
    [
      "two columns from one header",
      "issuer: a\ncolumns: { id: A, name: ' a' }\n",
      'jobs/demo.yaml:2: columns.name: takes " a", which id takes already',
    ],
    [
      "a schedule with four fields",
      'issuer: a\nschedule: "5 * * *"\n',
      "jobs/demo.yaml:2: schedule: has 4 fields; cron has 5: minute, hour, day of month, month, day of week",
    ],
    [
      "an unknown time zone",
      'issuer: a\nschedule: "5 * * * *"\ntimezone: Mars/Base\n',
      'jobs/demo.yaml:3: timezone: "Mars/Base" is not a time zone; expected one such as Europe/Berlin',
    ],
    [
      "a time zone without a schedule",
      "issuer: a\ntimezone: UTC\n",
      "jobs/demo.yaml:2: timezone: has no meaning without a schedule",
    ],
  ])("%s", (_, yaml, message) => {
    expect(refusal(yaml)).toEqual([message]);
  });

  test("a file that is not there", () => {
    expect(refusal("issuer: a\nsecrets: { sealTo: officer.pem }\n")).toEqual([
      `jobs/demo.yaml:2: secrets.sealTo: there is no file ${join(root, "jobs/officer.pem")}`,
    ]);
  });
});

test("notAfter as a day means the end of that day in UTC", () => {
  expect(read("issuer: a\nnotAfter: 2040-01-01\n").validity).toEqual({
    kind: "until",
    notAfterMs: Date.UTC(2040, 0, 1, 23, 59, 59),
    asked: true,
  });
  expect(read("issuer: a\nnotAfter: 2040-01-01T12:00:00+02:00\n").validity).toEqual({
    kind: "until",
    notAfterMs: Date.UTC(2040, 0, 1, 10),
    asked: true,
  });
  expect(read("issuer: a\nnotAfter: never\n").validity).toEqual({ kind: "never", asked: true });
});

test("the job's own settings stand before the site's defaults, registration and submit key by key", () => {
  const site = `platform: { url: https://acme.example.com }
defaults:
  issuer: line-1
  notAfter: 2040-01-01
  registration: { type: c8y_Acme, path: Hall }
  submit: { concurrency: 2 }
  secrets: { folder: vault }
  subject: { O: Acme }
`;
  const job = read("issuer: line-2\nvalidity: 1y\nregistration: { path: Line }\nsubject: { OU: x }\n", site);
  expect(job).toMatchObject({
    issuer: "line-2",
    validity: { kind: "years", years: 1 },
    registration: { type: "c8y_Acme", path: "Line" },
    submit: { enabled: true, concurrency: 2, rowsPerUpload: 500 },
    secrets: { folder: join(root, "vault") },
    subject: [{ attribute: "OU", template: "x" }],
  });
});

test("a problem in the site's defaults is told where it stands", () => {
  expect(refusal("issuer: a\n", "defaults:\n  profile: nope\n")).toEqual([
    'lotmint.yaml:2: profile: there is no profile "nope"; known are device, idevid'.replace(
      "profile:",
      "defaults.profile:",
    ),
  ]);
});

test("a per-lot password gets at least 10000 rounds", () => {
  const rounds = (yaml: string) => read(`issuer: a\n${yaml}`).keystores.pkcs12?.iterations;
  expect(rounds("passwords: per-lot\n")).toBe(10_000);
  expect(rounds("passwords: per-lot\nkeystores: { pkcs12: { iterations: 2048 } }\n")).toBe(10_000);
  expect(rounds("passwords: per-lot\nkeystores: { pkcs12: { iterations: 20000 } }\n")).toBe(20_000);
  expect(rounds("keystores: { pkcs12: { iterations: 1000 } }\n")).toBe(1000);
});
