import type { Call } from "../call.ts";
import { emptyAnswer } from "../http/json-answer.ts";
import { isObject, readJsonBody } from "../http/json-body.ts";
import { readUploadedFile } from "../http/read-uploaded-file.ts";
import { RequestRefusal } from "../http/request-refusal.ts";
import type { SandboxAnswer } from "../http/sandbox-request.ts";
import { derRevocationList } from "./revocation-list.ts";

export const CRL_MEDIA_TYPE = "application/pkix-crl";
const MAX_FILE_ENTRIES = 5000;

interface Entry {
  /** Lower-case hex without leading zeros. */
  readonly serial: string;
  readonly atMs?: number;
}

/**
 * PUT /tenant/trusted-certificates/settings/crl, as JSON or as a CSV file. In JSON an entry that is there
 * stays and a date to come counts as now; in a file the latest entry counts and one with a date to come
 * is left out: that is what the platform's text says of each.
 */
export function putRevocations(call: Call): SandboxAnswer {
  const { revocations } = call.state;
  const nowMs = call.state.nowMs();
  const asFile = call.request.form !== undefined;
  const entries = asFile ? readFile(call) : readJson(call);
  for (const { serial, atMs = nowMs } of entries) {
    if (asFile && atMs <= nowMs) revocations.set(serial, atMs);
    if (!asFile && !revocations.has(serial)) revocations.set(serial, Math.min(atMs, nowMs));
  }
  call.state.crlNumber += 1;
  return emptyAnswer(204);
}

/** GET /tenant/trusted-certificates/settings/crl: the list in DER. */
export function getRevocations(call: Call): SandboxAnswer {
  const { crlKey, crlNumber, tenant, revocations } = call.state;
  const body = derRevocationList({ issuer: tenant, key: crlKey, crlNumber, nowMs: call.state.nowMs(), revocations });
  return { status: 200, headers: { "content-type": CRL_MEDIA_TYPE }, body };
}

function readJson(call: Call): Entry[] {
  const body = readJsonBody(call.request, "Device Certificates");
  if (!isObject(body) || !Array.isArray(body["crls"]) || Object.keys(body).length !== 1) {
    throw badRequest("The body must be an object with the array 'crls' alone");
  }
  return body["crls"].map((entry: unknown) => {
    if (!isObject(entry)) throw badRequest("An entry must be an object");
    const { serialNumberInHex, revocationDate, ...rest } = entry;
    const [unknown] = Object.keys(rest);
    if (unknown !== undefined) throw badRequest(`Field '${unknown}' is not allowed here`);
    return readEntry(serialNumberInHex, revocationDate);
  });
}

/** The header as clients send it with success, or as the platform's text shows it: the two differ. */
const FILE_HEADERS = ["SERIALNO,DATE", "SERIAL NO.,REVOCATION DATE"];

function readFile(call: Call): Entry[] {
  const text = readUploadedFile(call.request, "Device Certificates").toString("utf8");
  const [header, ...lines] = text.split(/\r\n|\n/);
  if (!FILE_HEADERS.includes(header ?? "")) throw badRequest(`The header must be ${FILE_HEADERS[0]}`);
  if (lines.at(-1) === "") lines.pop();
  if (lines.length > MAX_FILE_ENTRIES) throw badRequest(`A file holds at most ${MAX_FILE_ENTRIES} entries`);
  return lines.map((line) => {
    const [serial, date, ...rest] = line.split(",");
    if (rest.length > 0) throw badRequest("A line has more than two values");
    return readEntry(serial, date === "" ? undefined : date);
  });
}

function readEntry(serial: unknown, date: unknown): Entry {
  if (typeof serial !== "string" || !/^[0-9a-f]{1,64}$/i.test(serial)) {
    throw badRequest("serialNumberInHex must be a hexadecimal number");
  }
  const key = serial.toLowerCase().replace(/^0+(?=.)/, "");
  if (date === undefined) return { serial: key };
  const atMs = typeof date === "string" ? Date.parse(date) : Number.NaN;
  // Only what is written back letter by letter is of the one form that is allowed, and a day of the calendar.
  if (Number.isNaN(atMs) || new Date(atMs).toISOString() !== date) {
    throw badRequest("Unsupported date time format, supported format:yyyy-MM-dd'T'HH:mm:ss.SSS'Z'");
  }
  return { serial: key, atMs };
}

function badRequest(message: string): RequestRefusal {
  return new RequestRefusal(400, "Device Certificates/Bad Request", message);
}
