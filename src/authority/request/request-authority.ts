import { createHash } from "node:crypto";
import { SHARED_FILE } from "../../disk/durable.ts";
import { authorityLayout, type Home } from "../../disk/layout.ts";
import type { KeyAlgorithm, Subject } from "../../domain/certificate.ts";
import { formatSubject } from "../../x509/distinguished-name.ts";
import { encodeSubject } from "../../x509/name-der.ts";
import { writePem } from "../../x509/pem.ts";
import { writeDescription } from "../authority-files.ts";
import { checkNewPassphrase, encryptKey } from "../authority-key.ts";
import { authoritySubject } from "../authority-limits.ts";
import { checkAuthorityName } from "../authority-name.ts";
import type { EventRecorder } from "../event-recorder.ts";
import { generateKey } from "../key-algorithm.ts";
import { checkFree, placeAuthority } from "../place-authority.ts";
import { openSigner } from "../signer.ts";
import { encodeAuthorityRequest } from "./encode-request.ts";

export interface RequestAuthorityOptions {
  readonly name: string;
  /** Default: CN=NAME. */
  readonly subject?: Subject | undefined;
  /** Default: ec-p256. */
  readonly key?: KeyAlgorithm | undefined;
  /** Encrypts the new key. */
  readonly passphrase: string;
  readonly nowMs: number;
}

export interface RequestedAuthority {
  readonly name: string;
  /** In words. */
  readonly subject: string;
  readonly key: KeyAlgorithm;
  /** Where the request stands. */
  readonly path: string;
  /** PKCS#10, PEM. */
  readonly pem: string;
}

/**
 * Makes the key of an authority that somebody else shall sign, and the request for it. The key stays
 * here, encrypted; `importAuthority` completes it. Its folder appears whole and durable, or not at all.
 */
export async function requestAuthority(
  home: Home,
  record: EventRecorder,
  options: RequestAuthorityOptions,
): Promise<RequestedAuthority> {
  const { name, passphrase, key = "ec-p256", nowMs } = options;
  const layout = authorityLayout(home, name);
  checkAuthorityName(name);
  checkNewPassphrase(name, passphrase);
  checkFree(name, layout);
  const subject = authoritySubject({ name, subject: options.subject });

  const keys = await generateKey(key);
  const spki = keys.publicKey.export({ type: "spki", format: "der" });
  const signer = openSigner({ kind: "key", key: keys.privateKey });
  const pem = writePem(
    "CERTIFICATE REQUEST",
    encodeAuthorityRequest({ subject: encodeSubject(subject), spki }, signer),
  );
  const words = formatSubject(subject);
  await placeAuthority(home, name, {
    "key.pem": { content: await encryptKey(keys.privateKey, passphrase) },
    "request.pem": { content: pem, mode: SHARED_FILE },
    "authority.yaml": {
      content: writeDescription({ name, subject: words, key, requested: new Date(nowMs).toISOString() }),
      mode: SHARED_FILE,
    },
  });
  const publicKeySha256 = createHash("sha256").update(spki).digest("hex");
  await record.recordEvent({ kind: "authority-requested", subject: name, detail: { for: words, publicKeySha256 } });
  return { name, subject: words, key, path: layout.request, pem };
}
