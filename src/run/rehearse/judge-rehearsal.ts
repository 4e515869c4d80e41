import { createHash } from "node:crypto";
import { deviceFolder, type LotLayout } from "../../disk/layout.ts";
import { DEFAULT_ID_TYPE } from "../../domain/registration.ts";
import type { MintedRecord } from "../../ledger/reading.ts";
import type { Platform, TrustedCertificate } from "../../platform/platform.ts";
import { type OpenedDevice, openDevice } from "../lot/open-device.ts";
import { diagnoseDevice, type Finding } from "./diagnose-device.ts";
import { type EndpointsAnswered, type EndpointsToTry, rehearseDevice } from "./rehearse-device.ts";
import { type LotView, REVOCATION_OPTION, viewDevice } from "./view-platform.ts";

/** How one device fared. */
export interface RehearsedDevice {
  readonly externalId: string;
  /** The file that its key came from; "" when there is none. */
  readonly keystore: string;
  /** "let in", or what the endpoint said; "not tried" when the keystore did not open. */
  readonly token: string;
  readonly mqtt: string;
  /** True when all is as it should be: a good device was accepted, a revoked one refused. */
  readonly right: boolean;
  readonly findings: readonly Finding[];
}

/** What is the same for each device of a lot. */
export interface RehearsalTools {
  readonly layout: LotLayout;
  readonly issuer: string;
  readonly endpoints: EndpointsToTry;
  readonly passwordOf: (externalId: string) => string | undefined;
  /** Where to look up why a device was refused. */
  readonly lookup: { readonly platform: Platform; readonly view: LotView } | undefined;
  readonly note: (message: string) => void;
  readonly now: () => number;
}

/** What the results, and so `--json`, say of an accepted device. */
export const ACCEPTED = "let in";
const NOT_TRIED = { token: "not tried", mqtt: "not tried", right: false } as const;

/** Opens one device's keystore, connects with it, and says what its certificate has to do with the outcome. */
export async function judgeRehearsal(record: MintedRecord, tools: RehearsalTools): Promise<RehearsedDevice> {
  const { externalId } = record;
  const folder = deviceFolder(tools.layout, externalId);
  const opened = openDevice(folder, tools.layout.folder, tools.passwordOf(externalId));
  if (opened.kind === "keyless") {
    const finding: Finding = { part: "keystore", words: "its keystore is missing" };
    return { externalId, keystore: "", ...NOT_TRIED, findings: [finding] };
  }
  if (opened.kind === "closed") {
    const part = opened.file.startsWith("truststore") ? "truststore" : "keystore";
    const words = `${opened.file} does not open: ${opened.reason}`;
    return { externalId, keystore: opened.file, ...NOT_TRIED, findings: [{ part, words }] };
  }
  const answered = await connect(record, opened, tools);
  const findings = await explain(record, opened.chain, answered, tools);
  const wanted = record.stage === "revoked" ? "refused" : "accepted";
  return {
    externalId,
    keystore: opened.file,
    token: saidBy(answered.token),
    mqtt: saidBy(answered.mqtt),
    right: answered.untrusted.length === 0 && answered.token.kind === wanted && answered.mqtt.kind === wanted,
    findings,
  };
}

async function connect(
  { externalId, registration }: MintedRecord,
  opened: Extract<OpenedDevice, { readonly kind: "opened" }>,
  { endpoints, lookup, note }: RehearsalTools,
): Promise<EndpointsAnswered> {
  const { name, type, idType = DEFAULT_ID_TYPE } = registration;
  const asMqttNamesIt = idType === DEFAULT_ID_TYPE;
  if (!asMqttNamesIt) {
    note(`devices registered as ${idType} get a second device by their first message over MQTT, so none was sent`);
  }
  const answered = await rehearseDevice(endpoints, externalId, opened, {
    chainInHeader: !isTrusted(opened.chain[1], lookup?.view.trusted),
    ...(asMqttNamesIt ? { firstMessage: `100,${smartRestValue(name)},${smartRestValue(type)}` } : {}),
  });
  if (answered.mqtt.kind === "accepted") for (const message of answered.mqtt.notes) note(message);
  return answered;
}

/** Quoted where it would read as two values or lose its spaces (SmartREST 2.0, "Message format"). */
function smartRestValue(text: string): string {
  return /[",\r\n]/.test(text) || text !== text.trim() ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The chain has to go into the header unless the platform trusts the device's direct issuer. */
function isTrusted(issuer: Buffer | undefined, trusted: readonly TrustedCertificate[] | undefined): boolean {
  if (issuer === undefined || trusted === undefined) return false;
  const fingerprint = createHash("sha1").update(issuer).digest("hex");
  return trusted.some((one) => one.fingerprint === fingerprint && one.status === "ENABLED");
}

function saidBy(answer: EndpointsAnswered["token"]): string {
  return answer.kind === "accepted" ? ACCEPTED : answer.reason;
}

async function explain(
  record: MintedRecord,
  chain: readonly Buffer[],
  { token, mqtt, untrusted }: EndpointsAnswered,
  { issuer, lookup, now }: RehearsalTools,
): Promise<readonly Finding[]> {
  const findings = untrusted.map((words): Finding => ({ part: "truststore", words }));
  const no = [token, mqtt].filter((answer) => answer.kind === "refused");
  if (record.stage === "revoked" && no.length < 2) {
    const { category, key } = REVOCATION_OPTION;
    const off = lookup?.view.checksRevocation === false ? `; the tenant option ${category} ${key} is off` : "";
    return [
      ...findings,
      { part: "revocation", words: `it is revoked, and the platform still accepts it: push its revocation${off}` },
    ];
  }
  if (no.length === 0) return findings;
  const platform = lookup === undefined ? undefined : await viewDevice(lookup.platform, lookup.view, record);
  const { externalId, stage } = record;
  const codes = no.map(({ code }) => code);
  return [...findings, ...diagnoseDevice({ externalId, chain, stage, issuer, nowMs: now(), codes, platform })];
}
