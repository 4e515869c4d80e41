import type { DescribedCommand, DescribedValue } from "./describe-commands.ts";

/** What a shell offers in place of a value. `text`: nothing, since it is free. */
export type ValueKind = "authority" | "lot" | "job" | "file" | "folder" | "text";

/** By name; `COMMAND NAME` goes before. Each value without a list of choices stands here: `kindOf` throws for others. */
const KINDS: Readonly<Record<string, ValueKind>> = {
  home: "folder",
  dir: "folder",
  "help command": "text",
  "openssl-ca": "folder",
  name: "authority",
  "authority create name": "text",
  "authority request name": "text",
  issuer: "authority",
  trust: "authority",
  lot: "lot",
  target: "job",
  file: "file",
  ca: "file",
  out: "file",
  request: "file",
  certificate: "file",
  key: "file",
  chain: "file",
  pkcs12: "file",
  "passphrase-file": "file",
  "issuer-passphrase-file": "file",
  "root-passphrase-file": "file",
  "secrets-key": "file",
  subject: "text",
  hsm: "text",
  validity: "text",
  "path-length": "text",
  fingerprint: "text",
  server: "text",
  id: "text",
  ids: "text",
  serial: "text",
  "public-key": "file",
  reason: "text",
  sample: "text",
  port: "text",
  page: "text",
  "page-cert": "file",
  "page-key": "file",
  "device-token-port": "text",
  "mqtt-port": "text",
  platform: "text",
  tenant: "text",
  user: "text",
  organization: "text",
  root: "text",
  intermediate: "text",
  job: "text",
};

/** The kind of a value that is no flag and has no choices. Throws for a name that is new. */
export function kindOf({ words }: DescribedCommand, { name }: DescribedValue): ValueKind {
  const kind = KINDS[[...words, name].join(" ")] ?? KINDS[name];
  if (kind === undefined) throw new Error(`scripts/reference/value-kind.ts does not say what ${name} is`);
  return kind;
}
