import { X509Certificate } from "node:crypto";
import type { Call } from "../call.ts";
import { JSON_MEDIA_TYPE, jsonAnswer } from "../http/json-answer.ts";
import { RequestRefusal } from "../http/request-refusal.ts";
import type { SandboxAnswer } from "../http/sandbox-request.ts";
import { deviceUserName, newToken } from "../sandbox-users.ts";
import { judgeDevice } from "./judge-device.ts";

/**
 * POST /devicecontrol/deviceAccessToken, on the port that asks for a client certificate: a token for the
 * device that its certificate names. Of the chain only what stands in the header counts.
 */
export function postDeviceAccessToken(call: Call): SandboxAnswer {
  const { headers, peer } = call.request;
  const presented = readChain(headers["x-ssl-cert-chain"]);
  const verdict = judgeDevice(call.state, peer?.leaf, presented);
  if (verdict.kind === "refused") {
    if (verdict.fault === "not registered") {
      throw unusable("Auto registeration is failed for device/Unprocessable Entity");
    }
    if (verdict.fault === "no name") throw unusable("Invalid Data");
    throw new RequestRefusal(401, "security/Unauthorized", "Invalid certificate chain!");
  }
  const accessToken = newToken(call.state);
  call.state.tokens.set(accessToken, deviceUserName(verdict.deviceId));
  return jsonAnswer(call.request, 200, JSON_MEDIA_TYPE, {
    accessToken,
    idToken: null,
    expiresIn: null,
    refreshToken: null,
    info: null,
  });
}

const BLOCKS = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/= ]*)-----END CERTIFICATE-----/g;

/** PEM blocks with spaces in place of their line ends, the leaf among them or not: the two texts differ. */
function readChain(header: string | undefined): X509Certificate[] {
  if (header === undefined) return [];
  const blocks = [...header.matchAll(BLOCKS)];
  if (blocks.length === 0 || header.replace(BLOCKS, "").trim() !== "") throw unparsable("Incomplete data");
  return blocks.map(([, base64 = ""]) => {
    const certificate = parse(Buffer.from(base64.replaceAll(" ", ""), "base64"));
    if (certificate === undefined) throw unparsable("Could not parse certificate");
    return certificate;
  });
}

function parse(der: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/** [OAS] has this refusal, unlike others, as plain JSON. */
function unusable(error: string): RequestRefusal {
  return new RequestRefusal(422, error, "Cannot process certificate data.", { "content-type": JSON_MEDIA_TYPE });
}

function unparsable(reason: string): RequestRefusal {
  return new RequestRefusal(400, "Device Certificates/Bad Request", `Cannot parse X509 certificate. : ${reason}`);
}
