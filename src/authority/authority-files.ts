import { SHARED_FILE } from "../disk/durable.ts";
import { describeName } from "../x509/distinguished-name.ts";
import { writePem } from "../x509/pem.ts";
import type { CertificateFields } from "../x509/read-certificate.ts";
import type { NewFiles } from "./place-authority.ts";
import { digests } from "./stored-authority.ts";

export interface AuthorityFilesRequest {
  readonly name: string;
  /** Name of the issuing authority; one that this home does not have, as text `CN=…`. */
  readonly issuer: string;
  /** Itself first, anchor last. */
  readonly chain: readonly [CertificateFields, ...CertificateFields[]];
  readonly key: string;
  /** Encrypted; undefined: the key is elsewhere. */
  readonly keyPem?: string | undefined;
  /** The PKCS#11 URI of a key in a token. */
  readonly hsm?: string | undefined;
  /** What happened to it here, and when. */
  readonly made: "created" | "imported";
  readonly nowMs: number;
}

/** The files of an authority's folder. certificate.pem stands last: with it, the authority is there. */
export function authorityFiles(request: AuthorityFilesRequest): NewFiles {
  const { name, issuer, chain, key, keyPem, hsm, made, nowMs } = request;
  const [certificate] = chain;
  const description = {
    name,
    issuer,
    subject: describeName(certificate.subject),
    key,
    ...(hsm !== undefined && { hsm }),
    serialNumber: certificate.serialNumber,
    sha256: digests(certificate.raw).sha256,
    [made]: new Date(nowMs).toISOString(),
  };
  const pem = chain.map(({ raw }) => writePem("CERTIFICATE", raw));
  return {
    ...(keyPem !== undefined && { "key.pem": { content: keyPem } }),
    "chain.pem": { content: pem.join(""), mode: SHARED_FILE },
    "authority.yaml": { content: writeDescription(description), mode: SHARED_FILE },
    "certificate.pem": { content: pem[0] ?? "", mode: SHARED_FILE },
  };
}

/** For people and backups; JSON's strings are YAML's too. */
export function writeDescription(entries: Readonly<Record<string, string>>): string {
  return Object.entries(entries)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join("");
}
