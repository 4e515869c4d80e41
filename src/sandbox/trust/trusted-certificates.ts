import { type Call, parameter } from "../call.ts";
import { emptyAnswer, JSON_MEDIA_TYPE, jsonAnswer } from "../http/json-answer.ts";
import { onlyFields, readJsonBody } from "../http/json-body.ts";
import { booleanParameter, integerParameter } from "../http/query.ts";
import { RequestRefusal, unprocessable } from "../http/request-refusal.ts";
import type { SandboxAnswer } from "../http/sandbox-request.ts";
import { duplicate, prepareUploaded, readSettings } from "./keep-certificate.ts";
import { certificatesUrl, showCertificate } from "./show-certificate.ts";
import { requireActivatable, type StoredCertificate } from "./stored-certificate.ts";

const DEFAULT_PAGE_SIZE = 5;
const MAX_PAGE_SIZE = 2000;

/** POST …/trusted-certificates */
export function postCertificate(call: Call): SandboxAnswer {
  booleanParameter(call.request.query, "addToTrustStore", true);
  const stored = prepareUploaded(call.state, readJsonBody(call.request, "certificate"));
  call.state.certificates.set(stored.fingerprint, stored);
  return jsonAnswer(call.request, 201, JSON_MEDIA_TYPE, showCertificate(call, stored));
}

/**
 * POST …/trusted-certificates/bulk: all or none. Whether the platform keeps the good ones of a list with
 * a bad one is not documented.
 */
export function postCertificates(call: Call): SandboxAnswer {
  const body = onlyFields(readJsonBody(call.request, "certificate"), ["certificates"], "certificate");
  const { certificates } = body;
  if (!Array.isArray(certificates)) throw unprocessable("certificate", "certificates must be an array");
  const prepared = certificates.map((value) => prepareUploaded(call.state, value));
  for (const [index, { fingerprint }] of prepared.entries()) {
    if (prepared.findIndex((other) => other.fingerprint === fingerprint) !== index) throw duplicate(fingerprint);
  }
  for (const stored of prepared) call.state.certificates.set(stored.fingerprint, stored);
  return jsonAnswer(call.request, 201, JSON_MEDIA_TYPE, {
    certificates: prepared.map((stored) => showCertificate(call, stored)),
    self: certificatesUrl(call),
  });
}

/**
 * GET …/trusted-certificates: pages of 5 unless asked otherwise. `next` is "a potential next page": it
 * stands on every full page, and what it leads to may be empty.
 */
export function listCertificates(call: Call): SandboxAnswer {
  const { query } = call.request;
  const currentPage = integerParameter(query, "currentPage", { absent: 1, max: 1_000_000 });
  const pageSize = integerParameter(query, "pageSize", { absent: DEFAULT_PAGE_SIZE, max: MAX_PAGE_SIZE });
  const withTotalElements = booleanParameter(query, "withTotalElements");
  const withTotalPages = booleanParameter(query, "withTotalPages");
  // This tenant has no certificate authority of its own, so asking for it finds nothing.
  const all = booleanParameter(query, "certificateAuthority") ? [] : [...call.state.certificates.values()];
  const page = all.slice((currentPage - 1) * pageSize, currentPage * pageSize);
  return jsonAnswer(call.request, 200, JSON_MEDIA_TYPE, {
    certificates: page.map((stored) => showCertificate(call, stored)),
    ...(page.length === pageSize ? { next: pageUrl(call, currentPage + 1, pageSize) } : {}),
    ...(currentPage > 1 ? { prev: pageUrl(call, currentPage - 1, pageSize) } : {}),
    self: pageUrl(call, currentPage, pageSize),
    statistics: {
      currentPage,
      pageSize,
      ...(withTotalElements ? { totalElements: all.length } : {}),
      ...(withTotalPages ? { totalPages: Math.ceil(all.length / pageSize) } : {}),
    },
  });
}

function pageUrl(call: Call, currentPage: number, pageSize: number): string {
  const query = new URLSearchParams(call.request.query);
  query.set("pageSize", String(pageSize));
  query.set("currentPage", String(currentPage));
  return `${certificatesUrl(call)}?${query}`;
}

/** GET …/trusted-certificates/{fingerprint} */
export function getCertificate(call: Call): SandboxAnswer {
  return jsonAnswer(call.request, 200, JSON_MEDIA_TYPE, showCertificate(call, findCertificate(call)));
}

/** PUT …/trusted-certificates/{fingerprint}: name, status and auto registration, nothing else. */
export function putCertificate(call: Call): SandboxAnswer {
  const stored = findCertificate(call);
  const body = readJsonBody(call.request, "certificate");
  const settings = readSettings(onlyFields(body, ["name", "status", "autoRegistrationEnabled"], "certificate"));
  if (settings.status === "ENABLED") requireActivatable(stored.x509, call.state.nowMs());
  Object.assign(stored, settings);
  return jsonAnswer(call.request, 200, JSON_MEDIA_TYPE, showCertificate(call, stored));
}

/** DELETE …/trusted-certificates/{fingerprint} */
export function deleteCertificate(call: Call): SandboxAnswer {
  call.state.certificates.delete(findCertificate(call).fingerprint);
  return emptyAnswer(204);
}

/** The certificate that the path names. Throws a 404, also for one that another tenant holds. */
export function findCertificate(call: Call): StoredCertificate {
  const fingerprint = parameter(call, "fingerprint");
  const stored = call.state.certificates.get(fingerprint);
  if (stored === undefined) {
    throw new RequestRefusal(404, "certificate/Not Found", `Cannot find certificate with fingerprint ${fingerprint}.`);
  }
  return stored;
}
