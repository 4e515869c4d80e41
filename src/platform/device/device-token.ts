import { Client } from "undici";
import { writePem } from "../../x509/pem.ts";
import { connectionError } from "../http/connection-error.ts";
import { makeScrub } from "../http/scrub.ts";
import { parseJson, platformMessage, readBounded } from "../http/send-request.ts";
import type { Reply } from "../platform.ts";
import {
  type DeviceAnswer,
  type DeviceEndpoint,
  type DeviceIdentity,
  deviceTls,
  tlsVerdict,
} from "./device-endpoint.ts";

const PATH = "/devicecontrol/deviceAccessToken";
const MAX_ANSWER_BYTES = 256 * 1024;

export interface TokenOptions {
  /**
   * Sends the chain in the header too, which the platform needs unless it trusts the device's direct issuer.
   * The leaf is in it: the documentation's example has it, and a client that leaves it out works too.
   */
  readonly chainInHeader: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks for a device access token as the device would, once, over a connection of its own; the token is
 * thrown away. Never throws for what the platform or the network does.
 */
export async function requestDeviceToken(
  endpoint: DeviceEndpoint,
  identity: DeviceIdentity,
  { chainInHeader, signal }: TokenOptions,
): Promise<Reply<DeviceAnswer>> {
  const authority = `${endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host}:${endpoint.port}`;
  const deadline = AbortSignal.timeout(endpoint.timeoutMs);
  const client = new Client(`https://${authority}`, {
    allowH2: false,
    connect: { ...deviceTls(endpoint, identity), timeout: endpoint.timeoutMs },
  });
  try {
    const answer = await client.request({
      method: "POST",
      path: PATH,
      headers: {
        accept: "application/json",
        ...(chainInHeader ? { "x-ssl-cert-chain": headerChain(identity.chain) } : {}),
      },
      signal: signal === undefined ? deadline : AbortSignal.any([deadline, signal]),
    });
    const text = (await readBounded(answer.body, MAX_ANSWER_BYTES))?.toString("utf8") ?? "";
    return judge(answer.statusCode, text, authority);
  } catch (error) {
    if (signal?.aborted === true) return { kind: "unknown", message: "the rehearsal was stopped" };
    const verdict = tlsVerdict(error);
    if (verdict !== undefined) return { kind: "answer", value: verdict };
    return connectionError(error, authority, { timedOut: deadline.aborted });
  } finally {
    await client.destroy();
  }
}

function judge(status: number, text: string, authority: string): Reply<DeviceAnswer> {
  const json = parseJson(text);
  if (status === 200 && hasToken(json)) return { kind: "answer", value: { kind: "accepted", notes: [] } };
  const reason = makeScrub([])(platformMessage(json, text));
  const message = reason === "" ? `HTTP ${status}` : `HTTP ${status}: ${reason}`;
  if (status === 408 || status === 429) return { kind: "busy", status, message: `${authority}: ${message}` };
  if (status >= 400 && status < 500) {
    return { kind: "answer", value: { kind: "refused", at: "token", code: String(status), reason: message } };
  }
  return { kind: "unknown", status, message: `${authority}: ${message}, which is no device access token` };
}

/** Some editions of the API's text write the field with an underscore. */
function hasToken(json: unknown): boolean {
  if (typeof json !== "object" || json === null) return false;
  const token = "accessToken" in json ? json.accessToken : "access_token" in json ? json.access_token : undefined;
  return typeof token === "string" && token !== "";
}

/** PEM blocks with a space for each line end and between the blocks. */
function headerChain(chain: readonly Buffer[]): string {
  return chain.map((der) => writePem("CERTIFICATE", der).trim().replaceAll("\n", " ")).join(" ");
}
