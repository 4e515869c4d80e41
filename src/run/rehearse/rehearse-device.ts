import { OnboardingError } from "../../domain/error.ts";
import type { DeviceAnswer, DeviceEndpoint, DeviceIdentity } from "../../platform/device/device-endpoint.ts";
import { connectDevice } from "../../platform/device/device-mqtt.ts";
import { requestDeviceToken } from "../../platform/device/device-token.ts";
import type { Reply } from "../../platform/platform.ts";
import { type RetryPolicy, retryWhileUncertain } from "../../platform/retry.ts";
import { writePem } from "../../x509/pem.ts";
import type { OpenedDevice } from "../lot/open-device.ts";

/** The endpoints, and how to connect to them. */
export interface EndpointsToTry {
  readonly host: string;
  readonly tokenPort: number;
  readonly mqttPort: number;
  /** PEM of the platform's trust anchors, for a device without a truststore. */
  readonly trust: readonly string[];
  readonly timeoutMs: number;
  /** How long a token over MQTT is waited for. */
  readonly answerMs: number;
  readonly retry: RetryPolicy;
}

type Answered = Exclude<DeviceAnswer, { readonly kind: "server-untrusted" }>;

export interface EndpointsAnswered {
  readonly token: Answered;
  readonly mqtt: Answered;
  /** Why its truststore does not verify the server; the endpoints were then tried without it. */
  readonly untrusted: readonly string[];
}

/**
 * Connects one device to both endpoints. Throws `platform-unreachable` when an endpoint gives no useful answer, and
 * `platform-refused` when the site's trust anchors do not verify the platform.
 */
export async function rehearseDevice(
  endpoints: EndpointsToTry,
  clientId: string,
  device: Extract<OpenedDevice, { readonly kind: "opened" }>,
  options: { readonly firstMessage?: string; readonly chainInHeader: boolean },
): Promise<EndpointsAnswered> {
  const identity: DeviceIdentity = { clientId, key: device.key, chain: device.chain };
  const { signal } = endpoints.retry;
  const untrusted: string[] = [];
  const connectTo = async (
    name: string,
    port: number,
    ask: (endpoint: DeviceEndpoint) => Promise<Reply<DeviceAnswer>>,
  ) => {
    const endpoint = { host: endpoints.host, port, timeoutMs: endpoints.timeoutMs };
    const tryWith = async (trust: readonly string[]) =>
      answerOf(await retryWhileUncertain(() => ask({ ...endpoint, trust }), endpoints.retry), name, port);
    if (device.truststore !== undefined) {
      const answer = await tryWith(device.truststore.certificates.map((der) => writePem("CERTIFICATE", der)));
      if (answer.kind !== "server-untrusted") return answer;
      untrusted.push(`its ${device.truststore.file} does not accept the server at port ${port} (${answer.code})`);
    }
    const answer = await tryWith(endpoints.trust);
    if (answer.kind !== "server-untrusted") return answer;
    throw new OnboardingError(
      `the platform's certificate at ${endpoints.host}:${port} is not trusted (${answer.code}): add the CA that signed it with platform.caFile`,
      { code: "platform-refused" },
    );
  };
  const { firstMessage, chainInHeader } = options;
  const token = await connectTo("deviceTokenPort", endpoints.tokenPort, (endpoint) =>
    requestDeviceToken(endpoint, identity, { chainInHeader, signal }),
  );
  const mqtt = await connectTo("mqttPort", endpoints.mqttPort, (endpoint) =>
    connectDevice(endpoint, identity, {
      answerMs: endpoints.answerMs,
      signal,
      ...(firstMessage === undefined ? {} : { firstMessage }),
    }),
  );
  return { token, mqtt, untrusted };
}

function answerOf(reply: Reply<DeviceAnswer>, name: string, port: number): DeviceAnswer {
  if (reply.kind === "answer") return reply.value;
  const code = reply.kind === "refused" ? "platform-refused" : "platform-unreachable";
  throw new OnboardingError(`platform.${name} ${port}: ${reply.message}`, { code });
}
