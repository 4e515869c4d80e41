/** A job, site file or command line as somebody might write it. */
export interface BadSetting {
  readonly name: string;
  /** Text of the file. */
  readonly text: string | Buffer;
  /** The message; HOME stands for the home folder. */
  readonly told: string;
}

const GOOD = "manifest: ../input/good.csv\nissuer: root\n";
const job = (name: string, text: string, told: string): BadSetting => ({ name, text: `${GOOD}${text}\n`, told });
const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const laughs = [
  "a: &a [x,x,x,x,x,x,x,x,x,x]",
  ..."bcdefghi".split("").map((name, index) => `${name}: &${name} [${`*${"abcdefghi"[index]},`.repeat(10)}]`),
].join("\n");

export const JOBS: readonly BadSetting[] = [
  {
    name: "an empty job",
    text: "",
    told: "jobs/bad.yaml:1: issuer: is missing; name the authority that signs, such as issuer: line-3",
  },
  { name: "a list for a job", text: "- manifest: x\n", told: "jobs/bad.yaml:1: must be a mapping of keys to values" },
  { name: "a word for a job", text: "manifest\n", told: "jobs/bad.yaml:1: must be a mapping of keys to values" },
  {
    name: "two documents",
    text: `${GOOD}---\n${GOOD}`,
    told: "jobs/bad.yaml:3: holds a second document; keep one to a file, without ---",
  },
  {
    name: "tabs for indentation",
    text: "registration:\n\tmode: none\n",
    told: "jobs/bad.yaml:2: Tabs are not allowed as indentation",
  },
  {
    name: "a brace that is never closed",
    text: "keystores: { pkcs12: {}\n",
    told: "jobs/bad.yaml:2: Flow map in block collection must be sufficiently indented and end with a }",
  },
  {
    name: "a job in UTF-16",
    text: Buffer.from(`\ufeff${GOOD}`, "utf16le"),
    told: "jobs/bad.yaml is not UTF-8; save it as UTF-8",
  },
  {
    name: "a job that is no UTF-8",
    text: Buffer.concat([Buffer.from(GOOD), Buffer.from([0xff, 0x0a])]),
    told: "jobs/bad.yaml is not UTF-8; save it as UTF-8",
  },
  {
    name: "a job of 2 MB",
    text: `${GOOD}${"# comment\n".repeat(200_000)}`,
    told: "jobs/bad.yaml is larger than 1 MiB, so it is no configuration file",
  },
  {
    name: "a billion laughs",
    text: `${laughs}\nissuer: root\n`,
    told: "jobs/bad.yaml:1: uses an alias (*) that has no anchor (&) before it, contains itself or stands for too much",
  },
  {
    name: "an anchor that holds itself",
    text: "subject: &a { O: *a }\n",
    told: "jobs/bad.yaml:1: uses an alias (*) that has no anchor (&) before it, contains itself or stands for too much",
  },
  {
    name: "an anchor that holds itself in a list",
    text: "truststore: { certificates: &a [*a] }\n",
    told: "jobs/bad.yaml:1: uses an alias (*) that has no anchor (&) before it, contains itself or stands for too much",
  },
  {
    name: "an alias without an anchor",
    text: "issuer: *nobody\n",
    told: "jobs/bad.yaml:1: uses an alias (*) that has no anchor (&) before it, contains itself or stands for too much",
  },
  {
    name: "a hundred thousand brackets",
    text: `issuer: ${deep(100_000)}\n`,
    told: "jobs/bad.yaml:1: is nested too deeply",
  },
  {
    name: "a tag that would run something",
    text: 'issuer: !!js/function "function () {}"\n',
    told: "jobs/bad.yaml:1: Unresolved tag: tag:yaml.org,2002:js/function",
  },
  {
    name: "a merge key",
    text: "defaults: &d { mode: none }\nregistration: { <<: *d }\n",
    told: "jobs/bad.yaml:1: defaults: is not a key that belongs here; known are lot, manifest, issuer, profile, key, validity, notAfter, outliveIssuer, subject, columns, keystores, truststore, passwords, secrets, registration, submit, secretColumns, receipt, takt, quantity, maxRows, schedule, timezone\njobs/bad.yaml:2: registration.<<: is not a key that belongs here; known are mode, type, name, path, idType, shell, agent, properties",
  },
  {
    name: "another version of YAML",
    text: `%YAML 1.1\n---\n${GOOD}`,
    told: "jobs/bad.yaml:1: asks for another YAML than 1.2, where yes and 012 mean something else",
  },
  { name: "a key twice", text: `${GOOD}issuer: other\n`, told: "jobs/bad.yaml:3: the key stands here a second time" },
  job("an unknown key", "isuer: root", "jobs/bad.yaml:3: isuer: is not a key that belongs here; did you mean issuer?"),
  job(
    "an unknown key within another",
    "registration: { modes: bulk }",
    "jobs/bad.yaml:3: registration.modes: is not a key that belongs here; did you mean mode?",
  ),
  job(
    "a key that belongs elsewhere",
    "rowsPerUpload: 5",
    "jobs/bad.yaml:3: rowsPerUpload: is not a key that belongs here; known are lot, manifest, issuer, profile, key, validity, notAfter, outliveIssuer, subject, columns, keystores, truststore, passwords, secrets, registration, submit, secretColumns, receipt, takt, quantity, maxRows, schedule, timezone",
  ),
  job(
    "a key called __proto__",
    "__proto__: { polluted: true }",
    "jobs/bad.yaml:3: __proto__: is not a key that belongs here; known are lot, manifest, issuer, profile, key, validity, notAfter, outliveIssuer, subject, columns, keystores, truststore, passwords, secrets, registration, submit, secretColumns, receipt, takt, quantity, maxRows, schedule, timezone",
  ),
  job("a number for a lot", "lot: 007", "jobs/bad.yaml:3: lot: expected text; put a number in quotes, got 7"),
  job("a lot that leads out", 'lot: "../{file}"', '"../good" cannot be a lot\'s name: it holds / or \\'),
  job("a lot of two dots", 'lot: ".."', '".." cannot be a lot\'s name: it means a folder'),
  job(
    "a lot with an unknown placeholder",
    'lot: "{id}"',
    "jobs/bad.yaml:3: lot: {id} is not known; a lot's name may hold {file} and {date}",
  ),
  job(
    "a lot with half a brace",
    'lot: "{file"',
    "jobs/bad.yaml:3: lot: a brace has no partner; a column is written {column}",
  ),
  {
    name: "one lot for many files",
    text: "manifest: ../input/*.csv\nissuer: root\nlot: L1\n",
    told: "jobs/bad.yaml:3: lot: must hold {file}, since the manifest is a pattern and each file is a lot of its own",
  },
  {
    name: "a manifest that is not there",
    text: "manifest: ../input/none.csv\nissuer: root\n",
    told: "there is no manifest HOME/input/none.csv",
  },
  {
    name: "a pattern that matches nothing",
    text: "manifest: ../input/x*.csv\nissuer: root\n",
    told: "no manifest matches HOME/input/x*.csv",
  },
  {
    name: "a pattern for a folder",
    text: "manifest: ../in*/good.csv\nissuer: root\n",
    told: "HOME/in*/good.csv: * and ? can stand in the file's name only, not in its folder's",
  },
  {
    name: "no manifest",
    text: "issuer: root\n",
    told: 'job bad names no manifest; add "manifest: PATH", or run the manifest itself',
  },
  {
    name: "no issuer",
    text: "manifest: ../input/good.csv\n",
    told: "jobs/bad.yaml:1: issuer: is missing; name the authority that signs, such as issuer: line-3",
  },
  {
    name: "an issuer that leads out",
    text: "manifest: ../input/good.csv\nissuer: ../../root\n",
    told: 'jobs/bad.yaml:2: issuer: expected the name of an authority, got "../../root"',
  },
  {
    name: "an issuer that nobody knows",
    text: "manifest: ../input/good.csv\nissuer: line-9\n",
    told: 'there is no authority "line-9"; there is root',
  },
  job(
    "an unknown profile",
    "profile: devcie",
    'jobs/bad.yaml:3: profile: there is no profile "devcie"; did you mean device?',
  ),
  job(
    "a key that is too weak",
    "key: rsa-1024",
    'jobs/bad.yaml:3: key: expected ec-p256, ec-p384, rsa-2048, rsa-3072 or rsa-4096, got "rsa-1024"',
  ),
  job(
    "a validity without a unit",
    "validity: 365",
    "jobs/bad.yaml:3: validity: expected days or years, such as 365d or 20y, got 365",
  ),
  job("an end that is over", "notAfter: 2020-01-01", "jobs/bad.yaml:3: notAfter: 2020-01-01 is in the past"),
  job(
    "an end that is on no calendar",
    "notAfter: 2040-02-31",
    "jobs/bad.yaml:3: notAfter: 2040-02-31 is no date of the calendar",
  ),
  job(
    "both a validity and an end",
    "validity: 1y\nnotAfter: 2040-01-01",
    "jobs/bad.yaml:4: notAfter: cannot stand beside validity; keep one of them",
  ),
  job(
    "a common name",
    "subject: { CN: x }",
    "jobs/bad.yaml:3: subject.CN: is always the device's id and cannot be set",
  ),
  job(
    "a country of three letters",
    "subject: { C: DEU }",
    "jobs/bad.yaml:3: subject.C: must be two letters, such as DE",
  ),
  job(
    "a number in the subject",
    "subject: { O: 4711 }",
    "jobs/bad.yaml:3: subject.O: expected text; put a number in quotes, got 4711",
  ),
  job(
    "an IDevID without a serial number",
    "profile: idevid",
    'jobs/bad.yaml:1: subject: must hold serialNumber, which profile idevid requires, such as serialNumber: "{serial_number}"',
  ),
  job(
    "a mapping of a column that is none",
    "columns: { serial: SN }",
    "jobs/bad.yaml:3: columns.serial: is not known; expected one of lotmint's columns: id, name, type, path, iccid, idtype, shell, serial_number, csr, external-<type>",
  ),
  job(
    "two columns from one",
    "columns: { id: SN, name: sn }",
    'jobs/bad.yaml:3: columns.name: takes "sn", which id takes already',
  ),
  job("a list for keystores", "keystores: [pkcs12]", "jobs/bad.yaml:3: keystores: expected a mapping, got a list"),
  job(
    "too few rounds",
    "keystores: { pkcs12: { iterations: 1 } }",
    "jobs/bad.yaml:3: keystores.pkcs12.iterations: expected a whole number from 1000 to 10000000, got 1",
  ),
  job(
    "an unknown recipe",
    "keystores: { pkcs12: { recipe: strong } }",
    'jobs/bad.yaml:3: keystores.pkcs12.recipe: expected modern or legacy, got "strong"',
  ),
  job(
    "an alias that cannot be typed",
    'keystores: { jks: { alias: "schlüssel" } }',
    'jobs/bad.yaml:3: keystores.jks.alias: expected an alias of 1 to 64 printable ASCII characters, got "schlüssel"',
  ),
  job(
    "a truststore of a file that is not there",
    "truststore: { certificates: [../pki/none.pem] }",
    "jobs/bad.yaml:3: truststore.certificates[0]: there is no file HOME/pki/none.pem",
  ),
  job(
    "a truststore of nothing",
    "truststore: { certificates: [] }",
    "jobs/bad.yaml:3: truststore.certificates: expected a list of platform and paths of PEM files, got an empty list",
  ),
  job(
    "a certificate to seal to that is not there",
    "secrets: { sealTo: ../pki/officer.pem }",
    "jobs/bad.yaml:3: secrets.sealTo: there is no file HOME/pki/officer.pem",
  ),
  job(
    "a mode that is none",
    "registration: { mode: manual }",
    'jobs/bad.yaml:3: registration.mode: expected bulk, auto or none, got "manual"',
  ),
  job(
    "text for yes or no",
    'registration: { agent: "yes" }',
    'jobs/bad.yaml:3: registration.agent: expected true or false, got "yes"',
  ),
  job(
    "a separator in a device's type",
    'registration: { type: "a;b" }',
    "jobs/bad.yaml:3: registration.type: holds a semicolon, which the platform's CSV cannot carry",
  ),
  job(
    "a name of an unknown column",
    'registration: { name: "{label}" }',
    'the manifest lacks what the job asks for: registration.name needs column "label". Its columns are "id", "name"',
  ),
  job(
    "a name with half a brace",
    'registration: { name: "{id" }',
    "jobs/bad.yaml:3: registration.name: a brace has no partner; a column is written {column}",
  ),
  job(
    "a property that is the platform's own",
    "registration: { properties: [CREDENTIALS] }",
    "jobs/bad.yaml:3: registration.properties[0]: CREDENTIALS is a column that the platform gives a meaning of its own",
  ),
  job(
    "a property twice",
    "registration: { properties: [hw, hw] }",
    "jobs/bad.yaml:3: registration.properties: names something twice",
  ),
  job(
    "no rows for an upload",
    "submit: { rowsPerUpload: 0 }",
    "jobs/bad.yaml:3: submit.rowsPerUpload: expected a whole number from 1 to 10000, got 0",
  ),
  job(
    "a word for a number",
    "submit: { concurrency: many }",
    'jobs/bad.yaml:3: submit.concurrency: expected a whole number from 1 to 64, got "many"',
  ),
  job(
    "submission without a platform",
    "submit: { enabled: true }",
    "jobs/bad.yaml:3: submit.enabled: needs a platform, and lotmint.yaml names none",
  ),
  job(
    "half a device",
    "quantity: 1.5",
    "jobs/bad.yaml:3: quantity: expected a whole number from 1 to 100000000, got 1.5",
  ),
  job("a takt without a unit", "takt: 12", "jobs/bad.yaml:3: takt: expected a time such as 12s, 500ms or 2m, got 12"),
  job(
    "a schedule of six fields",
    'schedule: "0 30 5 * * 1"',
    "jobs/bad.yaml:3: schedule: has 6 fields; cron has 5: minute, hour, day of month, month, day of week",
  ),
  job(
    "a schedule at minute 61",
    'schedule: "61 * * * *"',
    'jobs/bad.yaml:3: schedule: has "61" as its minute; expected 0 to 59, *, a-b, */n or a list',
  ),
  job(
    "a time zone that is none",
    'schedule: "30 5 * * *"\ntimezone: Europe/Atlantis',
    'jobs/bad.yaml:4: timezone: "Europe/Atlantis" is not a time zone; expected one such as Europe/Berlin',
  ),
  job(
    "a time zone without a schedule",
    "timezone: Europe/Berlin",
    "jobs/bad.yaml:3: timezone: has no meaning without a schedule",
  ),
  job(
    "three mistakes at once",
    "key: rsa\nquantity: -1\nsubmit: { collision: ledger }",
    'jobs/bad.yaml:3: key: expected ec-p256, ec-p384, rsa-2048, rsa-3072 or rsa-4096, got "rsa"\njobs/bad.yaml:4: quantity: expected a whole number from 1 to 100000000, got -1\njobs/bad.yaml:5: submit.collision: is not a key that belongs here; did you mean collisions?',
  ),
];

export const SITES: readonly BadSetting[] = [
  {
    name: "an unknown key",
    text: "platfrom: {}\n",
    told: "lotmint.yaml:1: platfrom: is not a key that belongs here; did you mean platform?",
  },
  {
    name: "a platform without an address",
    text: "platform: { user: x }\n",
    told: "lotmint.yaml:1: platform.url: expected the platform's address, such as https://acme.cumulocity.com, got nothing",
  },
  {
    name: "an address without TLS",
    text: "platform: { url: http://acme.cumulocity.com }\n",
    told: "lotmint.yaml:1: platform.url: must start with https://, since passwords and registrations go over it",
  },
  {
    name: "an address with a login",
    text: "platform: { url: https://me:geheim-4711@acme.cumulocity.com }\n",
    told: "lotmint.yaml:1: platform.url: must not hold a login; use user and LOTMINT_PLATFORM_PASSWORD",
  },
  {
    name: "an address with a question",
    text: "platform: { url: https://acme.cumulocity.com?x=1 }\n",
    told: "lotmint.yaml:1: platform.url: must end before any ? or #",
  },
  {
    name: "an address that is none",
    text: "platform: { url: acme }\n",
    told: "lotmint.yaml:1: platform.url: is no address; expected one such as https://acme.cumulocity.com",
  },
  {
    name: "a CA file that is not there",
    text: "platform: { url: https://acme.cumulocity.com, caFile: ca.pem }\n",
    told: "lotmint.yaml:1: platform.caFile: there is no file HOME/ca.pem",
  },
  {
    name: "a password in the file",
    text: "platform: { url: https://acme.cumulocity.com, user: x, password: geheim-4711 }\n",
    told: "lotmint.yaml:1: platform.password: is not a key that belongs here; known are url, tenant, user, deviceTokenPort, mqttPort, caFile, timeout",
  },
  {
    name: "a port that is none",
    text: "platform: { url: https://acme.cumulocity.com, mqttPort: 70000 }\n",
    told: "lotmint.yaml:1: platform.mqttPort: expected a whole number from 1 to 65535, got 70000",
  },
  {
    name: "no time to wait",
    text: "platform: { url: https://acme.cumulocity.com, timeout: 0s }\n",
    told: 'lotmint.yaml:1: platform.timeout: expected a time such as 30s or 5m, got "0s"',
  },
  {
    name: "a rule for ids that is none",
    text: 'idRule: "ACM-[0-9"\n',
    told: "lotmint.yaml:1: idRule: is not a regular expression",
  },
  {
    name: "a chain of one",
    text: "maxChain: 1\n",
    told: "lotmint.yaml:1: maxChain: expected a whole number from 2 to 20, got 1",
  },
  {
    name: "no lots at once",
    text: "lotsAtOnce: 0\n",
    told: "lotmint.yaml:1: lotsAtOnce: expected a whole number from 1 to 16, got 0",
  },
  {
    name: "a time to settle that is none",
    text: "settle: soon\n",
    told: 'lotmint.yaml:1: settle: expected a time such as 5s, got "soon"',
  },
  {
    name: "a profile on an unknown base",
    text: "profiles: { gateway: { base: server } }\n",
    told: 'lotmint.yaml:1: profiles.gateway.base: expected device or idevid, got "server"',
  },
  {
    name: "a profile that may sign",
    text: "profiles: { gateway: { keyUsage: [keyCertSign] } }\n",
    told: 'lotmint.yaml:1: profiles.gateway.keyUsage[0]: expected digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment or keyAgreement, got "keyCertSign"',
  },
  {
    name: "a profile with a usage that is no OID",
    text: "profiles: { gateway: { extKeyUsage: [3.50.1] } }\n",
    told: 'lotmint.yaml:1: profiles.gateway.extKeyUsage[0]: expected serverAuth, clientAuth, codeSigning, emailProtection, timeStamping or an OID such as 1.3.6.1.4.1.1.2, got "3.50.1"',
  },
  {
    name: "a profile of a built-in name",
    text: "profiles: { device: { base: idevid } }\n",
    told: "lotmint.yaml:1: profiles.device: is built in and cannot be redefined; choose another name",
  },
  {
    name: "a mistake in the defaults",
    text: "defaults: { key: dsa }\n",
    told: 'lotmint.yaml:1: defaults.key: expected ec-p256, ec-p384, rsa-2048, rsa-3072 or rsa-4096, got "dsa"',
  },
];

/** Words after `lotmint`, and the message. */
export const LINES: readonly (readonly [readonly string[], string])[] = [
  [[], "name a command; see lotmint --help"],
  [["mint"], "there is no command mint; did you mean remint? See lotmint --help"],
  [["rnu", "good"], "there is no command rnu; did you mean run? See lotmint --help"],
  [["plan"], "name a job or a manifest; see lotmint plan --help"],
  [["plan", "nothing"], "there is no job and no manifest nothing; jobs are good"],
  [["plan", "godo"], "there is no job and no manifest godo; did you mean good?"],
  [["plan", "good", "extra"], "extra is one argument too many; see lotmint plan --help"],
  [["plan", "good", "--isuer", "root"], "there is no option --isuer; did you mean --issuer? See lotmint plan --help"],
  [["plan", "good", "--issuer", "root"], "--issuer goes with a manifest; a job file names its issuer itself"],
  [["plan", "input/good.csv", "--issuer", "../root"], '--issuer: expected the name of an authority, got "../root"'],
  [["plan", "input/good.csv", "--issuer", "root", "--issuer", "other"], "--issuer is given 2 times; give it once"],
  [
    ["plan", "good", "--log-level", "loud"],
    '--log-level takes silent, error, warn, info, debug, not "loud"; see lotmint plan --help',
  ],
  [["status", "none"], 'there is no lot "none"; there is taken'],
  [["report", "../../x"], 'there is no lot "../../x"; there is taken'],
  [["check", "none"], 'there is no lot "none"; there is taken'],
  [["check", "taken", "--sample", "some"], "--sample takes a whole number of at least 1; see lotmint check --help"],
  [["submit", "none"], 'there is no lot "none"; there is taken'],
  [["submit", "taken"], 'HOME/lotmint.yaml names no platform; add "platform: { url: https://… , user: … }"'],
  [
    ["authority", "create", "Root"],
    '"Root" cannot be an authority\'s name; use up to 63 of a-z, 0-9 and -, beginning with a letter or a digit',
  ],
  [
    ["authority", "create", "../x"],
    '"../x" cannot be an authority\'s name; use up to 63 of a-z, 0-9 and -, beginning with a letter or a digit',
  ],
  [
    ["authority", "create", "root"],
    "there is an authority root already, in HOME/state/authorities/root; authorities are never overwritten, choose another name",
  ],
  [
    ["authority", "create", "a", "--subject", "CN"],
    'the name "CN" cannot be used: "CN" is none of C=, ST=, L=, O=, OU=, CN=, serialNumber=',
  ],
  [["authority", "create", "a", "--validity", "soon"], "--validity soon is none of 365d, 20y, 2040-01-01, never"],
  [["authority", "create", "a", "--issuer", "b"], 'there is no authority "b"; there is root'],
  [
    ["authority", "create", "a", "--key", "rsa-1024"],
    '--key takes ec-p256, ec-p384, rsa-2048, rsa-3072, rsa-4096, not "rsa-1024"; see lotmint authority create --help',
  ],
  [["authority", "show", "b"], 'there is no authority "b"; there is root'],
  [
    ["authority", "upload", "root"],
    'HOME/lotmint.yaml names no platform; add "platform: { url: https://… , user: … }"',
  ],
];
