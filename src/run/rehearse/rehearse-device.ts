import { OnboardingError } from "../../domain/error.ts";
import type { DeviceAnswer, DeviceEndpoint, DeviceIdentity } from "../../platform/device/device-endpoint.ts";
import { connectDevice } from "../../platform/device/device-mqtt.ts";
import { requestDeviceToken } from "../../platform/device/device-token.ts";
import type { Reply } from "../../platform/platform.ts";
import { type RetryPolicy, retryWhileUncertain } from "../../platform/retry.ts";
import { writePem } from "../../x509/pem.ts";
import type { OpenedDevice } from "../lot/open-device.ts";

/** The doors, and how to knock. */
export interface EndpointsToTry {
  readonly host: string;
  readonly tokenPort: number;
  readonly mqttPort: number;
  /** PEM of what vouches for the platform where a device has no truststore. */
  readonly trust: readonly string[];
  readonly timeoutMs: number;
  /** How long a token over MQTT is waited for. */
  readonly answerMs: number;
  readonly retry: RetryPolicy;
}

type Answered = Exclude<DeviceAnswer, { readonly kind: "distrusted" }>;

export interface EndpointsAnswered {
  readonly token: Answered;
  readonly mqtt: Answered;
  /** Why its truststore would not let the device go in; the doors were then tried without it. */
  readonly distrust: readonly string[];
}

/**
 * Connects one device to both doors. Throws `platform-unreachable` when a door gives no useful answer, and
 * `platform-refused` when what this site trusts does not vouch for the platform.
 */
export async function rehearseDevice(
  doors: EndpointsToTry,
  clientId: string,
  device: Extract<OpenedDevice, { readonly kind: "opened" }>,
  options: { readonly firstMessage?: string; readonly chainInHeader: boolean },
): Promise<EndpointsAnswered> {
  const identity: DeviceIdentity = { clientId, key: device.key, chain: device.chain };
  const { signal } = doors.retry;
  const distrust: string[] = [];
  const knock = async (name: string, port: number, ask: (door: DeviceEndpoint) => Promise<Reply<DeviceAnswer>>) => {
    const door = { host: doors.host, port, timeoutMs: doors.timeoutMs };
    const tryWith = async (trust: readonly string[]) =>
      answerOf(await retryWhileUncertain(() => ask({ ...door, trust }), doors.retry), name, port);
    if (device.truststore !== undefined) {
      const answer = await tryWith(device.truststore.certificates.map((der) => writePem("CERTIFICATE", der)));
      if (answer.kind !== "distrusted") return answer;
      distrust.push(`its ${device.truststore.file} does not accept the server at port ${port} (${answer.code})`);
    }
    const answer = await tryWith(doors.trust);
    if (answer.kind !== "distrusted") return answer;
    throw new OnboardingError(
      `the platform's certificate at ${doors.host}:${port} is not trusted (${answer.code}): add the CA that signed it with platform.caFile`,
      { code: "platform-refused" },
    );
  };
  const { firstMessage, chainInHeader } = options;
  const token = await knock("deviceTokenPort", doors.tokenPort, (door) =>
    requestDeviceToken(door, identity, { chainInHeader, signal }),
  );
  const mqtt = await knock("mqttPort", doors.mqttPort, (door) =>
    connectDevice(door, identity, {
      answerMs: doors.answerMs,
      signal,
      ...(firstMessage === undefined ? {} : { firstMessage }),
    }),
  );
  return { token, mqtt, distrust };
}

function answerOf(reply: Reply<DeviceAnswer>, name: string, port: number): DeviceAnswer {
  if (reply.kind === "answer") return reply.value;
  const code = reply.kind === "refused" ? "platform-refused" : "platform-unreachable";
  throw new OnboardingError(`platform.${name} ${port}: ${reply.message}`, { code });
}
