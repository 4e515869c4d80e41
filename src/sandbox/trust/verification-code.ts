import { constants, verify } from "node:crypto";
import type { Call } from "../call.ts";
import { JSON_MEDIA_TYPE, jsonAnswer } from "../http/json-answer.ts";
import { onlyFields, readJsonBody } from "../http/json-body.ts";
import { accessDenied, RequestRefusal } from "../http/request-refusal.ts";
import type { SandboxAnswer } from "../http/sandbox-request.ts";
import { newCode } from "./keep-certificate.ts";
import { showCertificate } from "./show-certificate.ts";
import type { StoredCertificate } from "./stored-certificate.ts";
import { findCertificate } from "./trusted-certificates.ts";

/** [OAS] has these refusals, unlike others, as plain JSON. */
const AS_JSON = { "content-type": JSON_MEDIA_TYPE };
const SIGNED_CODE = "proofOfPossessionSignedVerificationCode";

/** POST …/trusted-certificates-pop/{fingerprint}/verification-code: a new code. */
export function renewCode(call: Call): SandboxAnswer {
  const stored = findCertificate(call);
  Object.assign(stored, newCode(call.state));
  return jsonAnswer(call.request, 200, JSON_MEDIA_TYPE, showCertificate(call, stored));
}

/** POST …/trusted-certificates-pop/{fingerprint}/pop: 400 for a signature that is not the key's over the code. */
export function postSignedCode(call: Call): SandboxAnswer {
  const stored = findCertificate(call);
  const named = `<'${stored.fingerprint}'> for tenant <'${call.state.tenant}'>`;
  const body = onlyFields(readJsonBody(call.request, "tenants"), [SIGNED_CODE], "tenants");
  const text = body[SIGNED_CODE];
  if (typeof text !== "string" || !/^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)) {
    throw new RequestRefusal(422, "tenants/Invalid Data", `Cannot process user certificate data ${named}.`, AS_JSON);
  }
  if (!["rsa", "ec"].includes(stored.x509.publicKey.asymmetricKeyType ?? "")) {
    throw new RequestRefusal(422, "tenants/Unprocessable Entity", `Cannot process certificate data ${named}.`, AS_JSON);
  }
  if (stored.codeUsableUntilMs < call.state.nowMs()) {
    throw badRequest("The verification code has expired, generate a new one.");
  }
  if (!isSignedCode(stored, Buffer.from(text, "base64"))) {
    throw badRequest(
      `Wrong Proof Of Possession plaintext used for tenant <'${call.state.tenant}'>. ` +
        `Certificate <'${stored.fingerprint}'>, usage not granted.`,
    );
  }
  stored.proofOfPossessionValid = true;
  return jsonAnswer(call.request, 200, JSON_MEDIA_TYPE, showCertificate(call, stored));
}

/** POST …/trusted-certificates-pop/{fingerprint}/confirmed: for the management tenant, which nobody here is. */
export function confirmPossession(call: Call): SandboxAnswer {
  findCertificate(call);
  throw accessDenied();
}

/** RSA as PKCS#1 v1.5, ECDSA as DER, both with SHA-256 over the code's text; a line end after it is tolerated. */
function isSignedCode(stored: StoredCertificate, signature: Buffer): boolean {
  const { publicKey } = stored.x509;
  const key =
    publicKey.asymmetricKeyType === "rsa"
      ? { key: publicKey, padding: constants.RSA_PKCS1_PADDING }
      : { key: publicKey, dsaEncoding: "der" as const };
  return ["", "\n", "\r\n"].some((lineEnd) =>
    verify("sha256", Buffer.from(stored.verificationCode + lineEnd, "utf8"), key, signature),
  );
}

function badRequest(message: string): RequestRefusal {
  return new RequestRefusal(400, "tenants/Bad Request", message, AS_JSON);
}
