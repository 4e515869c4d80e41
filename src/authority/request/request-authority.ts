import { createHash } from "node:crypto";
import { SHARED_FILE } from "../../disk/durable.ts";
import { authorityLayout, type Home } from "../../disk/layout.ts";
import type { KeyAlgorithm, Subject } from "../../domain/certificate.ts";
import { formatSubject } from "../../x509/distinguished-name.ts";
import { encodeSubject } from "../../x509/name-der.ts";
import { writePem } from "../../x509/pem.ts";
import { writeDescription } from "../authority-files.ts";
import { authoritySubject } from "../authority-limits.ts";
import { checkAuthorityName } from "../authority-name.ts";
import type { EventRecorder } from "../event-recorder.ts";
import { checkKeyPlace, type KeyPlace, makeAuthorityKey } from "../new-key.ts";
import { checkFree, placeAuthority } from "../place-authority.ts";
import { openSigner } from "../signer.ts";
import { encodeAuthorityRequest } from "./encode-request.ts";

export interface RequestAuthorityOptions extends KeyPlace {
  readonly name: string;
  /** Default: CN=NAME. */
  readonly subject?: Subject | undefined;
  /** Default: ec-p256. */
  readonly key?: KeyAlgorithm | undefined;
  readonly nowMs: number;
}

export interface RequestedAuthority {
  readonly name: string;
  /** As text. */
  readonly subject: string;
  readonly key: KeyAlgorithm;
  /** Where the request stands. */
  readonly path: string;
  /** PKCS#10, PEM. */
  readonly pem: string;
}

/**
 * Makes the key of an authority that somebody else shall sign, and the request for it. The key stays
 * here, encrypted, or in a token; `importAuthority` completes it. Its folder appears whole and durable, or not at all.
 */
export async function requestAuthority(
  home: Home,
  record: EventRecorder,
  options: RequestAuthorityOptions,
): Promise<RequestedAuthority> {
  const { name, key = "ec-p256", nowMs } = options;
  const layout = authorityLayout(home, name);
  checkAuthorityName(name);
  checkKeyPlace(name, options);
  checkFree(name, layout);
  const subject = authoritySubject({ name, subject: options.subject });

  const { publicKey, source, keyPem, hsm, discard } = await makeAuthorityKey(name, key, options);
  const spki = publicKey.export({ type: "spki", format: "der" });
  const subjectName = formatSubject(subject);
  const requested = new Date(nowMs).toISOString();
  let pem: string;
  try {
    const request = encodeAuthorityRequest({ subject: encodeSubject(subject), spki }, openSigner(source));
    pem = writePem("CERTIFICATE REQUEST", request);
    const description = { name, subject: subjectName, key, ...(hsm !== undefined && { hsm }), requested };
    await placeAuthority(home, name, {
      ...(keyPem !== undefined && { "key.pem": { content: keyPem } }),
      "request.pem": { content: pem, mode: SHARED_FILE },
      "authority.yaml": { content: writeDescription(description), mode: SHARED_FILE },
    });
  } catch (error) {
    discard();
    throw error;
  }
  const publicKeySha256 = createHash("sha256").update(spki).digest("hex");
  await record.recordEvent({
    kind: "authority-requested",
    subject: name,
    detail: { for: subjectName, publicKeySha256 },
  });
  return { name, subject: subjectName, key, path: layout.request, pem };
}
