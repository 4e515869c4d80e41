import { createHash } from "node:crypto";
import type { BulkAnswer, FailedRow } from "../../domain/registration.ts";
import type { CurrentTenant, CurrentUser, TrustedCertificate } from "../platform.ts";
import type { Scrub } from "./scrub.ts";

/** What a reader found: the value, or undefined when the body is not what the platform documents. */
type Read<T> = T | undefined;
type Fields = Readonly<Record<string, unknown>>;

/** GET /tenant/currentTenant */
export function readTenant(json: unknown): Read<CurrentTenant> {
  const fields = asFields(json);
  const id = asText(fields?.["name"]);
  if (id === undefined) return undefined;
  const domainName = asText(fields?.["domainName"]);
  return domainName === undefined ? { id } : { id, domainName };
}

/** GET /user/currentUser */
export function readUser(json: unknown): Read<CurrentUser> {
  const fields = asFields(json);
  const userName = asText(fields?.["userName"]) ?? asText(fields?.["id"]);
  const roles = asList(fields?.["effectiveRoles"]);
  if (userName === undefined || roles === undefined) return undefined;
  const names = roles.map((role) => asText(asFields(role)?.["id"]) ?? asText(asFields(role)?.["name"]));
  return { userName, roles: names.filter((name) => name !== undefined) };
}

/** POST /devicecontrol/bulkNewDeviceRequests. The `line` of a failed row may echo credentials and is left out. */
export function readBulkAnswer(json: unknown, scrub: Scrub): Read<BulkAnswer> {
  const fields = asFields(json);
  if (fields === undefined) return undefined;
  const numberOfAll = asCount(fields["numberOfAll"]);
  const numberOfCreated = asCount(fields["numberOfCreated"]);
  const numberOfFailed = asCount(fields["numberOfFailed"]);
  const numberOfSuccessful = asCount(fields["numberOfSuccessful"]);
  const updatedList = asList(fields["credentialUpdatedList"] ?? []);
  const failedList = asList(fields["failedCreationList"] ?? []);
  if (numberOfAll === undefined || numberOfCreated === undefined || numberOfFailed === undefined) return undefined;
  if (numberOfSuccessful === undefined || updatedList === undefined || failedList === undefined) return undefined;
  const updated = updatedList.map((entry) => asText(asFields(entry)?.["deviceId"])).filter((id) => id !== undefined);
  const failed: FailedRow[] = [];
  for (const entry of failedList) {
    const row = asFields(entry);
    if (row === undefined) return undefined;
    const externalId = asText(row["deviceId"]);
    const reason = scrub(asText(row["failureReason"]) ?? "") || "the platform gave no reason";
    failed.push(externalId === undefined ? { reason } : { externalId, reason });
  }
  return { numberOfAll, numberOfCreated, numberOfFailed, numberOfSuccessful, updated, failed };
}

/** One page of GET /tenant/tenants/{tenant}/trusted-certificates */
export interface TrustedPage {
  readonly certificates: readonly TrustedCertificate[];
  readonly hasNext: boolean;
  /** The page size that the platform used, which may be smaller than the one asked for. */
  readonly pageSize?: number;
  readonly totalPages?: number;
}

export function readTrustedPage(json: unknown): Read<TrustedPage> {
  const fields = asFields(json);
  const list = asList(fields?.["certificates"]);
  if (fields === undefined || list === undefined) return undefined;
  const certificates: TrustedCertificate[] = [];
  for (const entry of list) {
    const certificate = readTrustedCertificate(entry);
    if (certificate === undefined) return undefined;
    certificates.push(certificate);
  }
  const statistics = asFields(fields["statistics"]);
  const pageSize = asCount(statistics?.["pageSize"]);
  const totalPages = asCount(statistics?.["totalPages"]);
  return {
    certificates,
    hasNext: asText(fields["next"]) !== undefined,
    ...(pageSize === undefined || pageSize === 0 ? {} : { pageSize }),
    ...(totalPages === undefined ? {} : { totalPages }),
  };
}

/** A trusted certificate, with its fingerprint and flags brought to one spelling. */
export function readTrustedCertificate(json: unknown): Read<TrustedCertificate> {
  const fields = asFields(json);
  if (fields === undefined) return undefined;
  const fingerprint = readFingerprint(fields);
  const status = asText(fields["status"])?.toUpperCase();
  if (fingerprint === undefined || (status !== "ENABLED" && status !== "DISABLED")) return undefined;
  const notAfter = asText(fields["notAfter"]);
  const verificationCode = asText(fields["proofOfPossessionUnsignedVerificationCode"]);
  const codeUsableUntil = asText(fields["proofOfPossessionVerificationCodeUsableUntil"]);
  return {
    fingerprint,
    name: asText(fields["name"]) ?? "",
    status,
    autoRegistrationEnabled: asFlag(fields["autoRegistrationEnabled"]),
    proofOfPossessionValid: asFlag(fields["proofOfPossessionValid"]),
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(verificationCode === undefined ? {} : { verificationCode }),
    ...(codeUsableUntil === undefined ? {} : { codeUsableUntil }),
  };
}

/** SHA-1 of the certificate itself where it is given (with or without its PEM lines); else what the platform says it is. */
function readFingerprint(fields: Fields): string | undefined {
  const body = asText(fields["certInPemFormat"])?.replace(/-----[A-Z ]+-----|\s+/g, "") ?? "";
  if (/^MI[A-Za-z0-9+/]{40,}={0,2}$/.test(body)) {
    return createHash("sha1").update(Buffer.from(body, "base64")).digest("hex");
  }
  const said = asText(fields["fingerprint"])?.replace(/[:\s]/g, "").toLowerCase();
  return said !== undefined && /^[0-9a-f]{40}$/.test(said) ? said : undefined;
}

/** GET /tenant/options/{category}/{key} */
export function readOptionValue(json: unknown): Read<string> {
  return asText(asFields(json)?.["value"]);
}

/** GET /identity/externalIds/{type}/{id}: true only when it is this very id. */
export function namesExternalId(json: unknown, type: string, externalId: string): boolean {
  const fields = asFields(json);
  return fields?.["externalId"] === externalId && fields["type"] === type;
}

/** GET /user/{tenant}/users/{name}: true only when it is this very user; their names have no case. */
export function namesUser(json: unknown, userName: string): boolean {
  const fields = asFields(json);
  const wanted = userName.toLowerCase();
  return [fields?.["userName"], fields?.["id"]].some((name) => asText(name)?.toLowerCase() === wanted);
}

/** True for the platform's own "not found", as opposed to that of a proxy or a wrong address. */
export function isNotFound(json: unknown): boolean {
  return /not.?found/i.test(asText(asFields(json)?.["error"]) ?? "");
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function asCount(value: unknown): number | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** Some versions answer flags as text. */
function asFlag(value: unknown): boolean {
  return value === true || value === "true";
}
