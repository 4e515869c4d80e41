import { getCACertificates } from "node:tls";
import { Pool } from "undici";
import type { PlatformSite } from "../../domain/job.ts";
import { governed } from "../governed.ts";
import { type Governor, makeGovernor } from "../governor.ts";
import type { Platform, PlatformReply, Reply, TrustedCertificate } from "../platform.ts";
import { multipartFile } from "./multipart.ts";
import {
  isNotFound,
  namesExternalId,
  namesUser,
  readBulkAnswer,
  readOptionValue,
  readTenant,
  readTrustedCertificate,
  readTrustedPage,
  readUser,
} from "./read-answer.ts";
import { readRevocationList } from "./read-revocation-list.ts";
import { makeScrub } from "./scrub.ts";
import { type Channel, type HttpAnswer, type PlatformRequest, sendRequest } from "./send-request.ts";
import { makeLogin, type PlatformCredentials, readAddress, readCaFile } from "./site-access.ts";
import { found, understand, understandPresence } from "./understand-reply.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** A question is answered in this time or asked again; only uploads may take longer. */
const QUESTION_TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_LONG_ANSWER_BYTES = 32 * 1024 * 1024;
/** The platform's largest page. */
const PAGE_SIZE = 2000;
const MAX_PAGES = 100;

/**
 * The real platform, over HTTPS that is always verified. Throws `usage` when the address, the
 * credentials or the CA file cannot be used; nothing is sent before the first call. Whoever opens the same platform
 * several times hands the same governor to all.
 */
export function openPlatform(
  site: PlatformSite,
  credentials: PlatformCredentials,
  options: {
    readonly now?: () => number;
    readonly governor?: Governor;
    /** Hears of every request that was answered, or got no answer; not of those that were stopped. */
    readonly onReply?: (reply: PlatformReply) => void;
  } = {},
): Platform {
  const base = readAddress(site.url);
  const login = makeLogin(site, credentials);
  const pool = new Pool(base.origin, {
    // One request per connection at a time, so that a broken one costs no other request.
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: 30_000,
    connect: {
      timeout: Math.min(CONNECT_TIMEOUT_MS, site.timeoutMs),
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
      rejectUnauthorized: true,
      ...(site.caFile === undefined ? {} : { ca: [...getCACertificates("default"), readCaFile(site.caFile)] }),
    },
  });
  const scrub = makeScrub(login.secrets);
  const channel: Channel = {
    dispatcher: pool,
    origin: base.origin,
    authorization: login.authorization,
    scrub,
    now: options.now ?? Date.now,
  };
  const questionMs = Math.min(QUESTION_TIMEOUT_MS, site.timeoutMs);
  const prefix = base.pathname.replace(/\/+$/, "");

  const send = async (request: Omit<PlatformRequest, "timeoutMs" | "maxBytes"> & Partial<PlatformRequest>) => {
    const beganMs = performance.now();
    const reply = await sendRequest(channel, {
      timeoutMs: questionMs,
      maxBytes: MAX_ANSWER_BYTES,
      ...request,
      path: prefix + request.path,
    });
    if (request.signal?.aborted !== true) {
      const { method } = request;
      options.onReply?.({ method, status: statusOf(reply), seconds: (performance.now() - beganMs) / 1000 });
    }
    return reply;
  };
  const sendJson = (method: "POST" | "PUT", path: string, body: object, signal?: AbortSignal) =>
    send({ method, path, body: { contentType: "application/json", bytes: JSON.stringify(body) }, signal });
  const trustPath = (tenant: string) => `/tenant/tenants/${encodeURIComponent(tenant)}/trusted-certificates`;
  const popPath = (tenant: string, fingerprint: string) =>
    `${trustPath(tenant)}-pop/${encodeURIComponent(fingerprint)}`;

  const platform: Platform = {
    currentTenant: async (signal) =>
      understand(await send({ method: "GET", path: "/tenant/currentTenant", signal }), [200], readTenant),
    currentUser: async (signal) =>
      understand(await send({ method: "GET", path: "/user/currentUser", signal }), [200], readUser),

    trustedCertificates: async (tenant, signal) => {
      const all = new Map<string, TrustedCertificate>();
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const query = `?pageSize=${PAGE_SIZE}&currentPage=${page}&withTotalPages=true`;
        const request = {
          method: "GET",
          path: trustPath(tenant) + query,
          signal,
          maxBytes: MAX_LONG_ANSWER_BYTES,
        } as const;
        const reply = understand(await send(request), [200], readTrustedPage);
        if (reply.kind !== "answer") return reply;
        const known = all.size;
        for (const certificate of reply.value.certificates) all.set(certificate.fingerprint, certificate);
        const { certificates, hasNext, pageSize = PAGE_SIZE, totalPages } = reply.value;
        const last = totalPages === undefined ? !hasNext || certificates.length < pageSize : page >= totalPages;
        // A page without anything new ends it too: some other page was answered instead.
        if (last || all.size === known) return { ...reply, value: [...all.values()] };
      }
      return { kind: "unknown", message: `the list of trusted certificates has more than ${MAX_PAGES} pages` };
    },

    trustedCertificate: async (tenant, fingerprint, signal) => {
      const path = `${trustPath(tenant)}/${encodeURIComponent(fingerprint)}`;
      const reply = await send({ method: "GET", path, signal });
      // There is no stable error code for this one: any answer of the platform's own will do.
      if (reply.kind === "answer" && reply.value.status === 404 && reply.value.json !== undefined) {
        return found(reply.value, undefined);
      }
      return understand(reply, [200], readTrustedCertificate);
    },

    addTrustedCertificate: async (tenant, certificate, signal) => {
      const body = {
        name: certificate.name,
        status: "ENABLED",
        autoRegistrationEnabled: certificate.autoRegistrationEnabled,
        certInPemFormat: certificate.pem,
      };
      const reply = await sendJson("POST", `${trustPath(tenant)}?addToTrustStore=true`, body, signal);
      return understand(reply, [200, 201], readTrustedCertificate);
    },

    updateTrustedCertificate: async (tenant, fingerprint, change, signal) => {
      const path = `${trustPath(tenant)}/${encodeURIComponent(fingerprint)}`;
      return understand(await sendJson("PUT", path, change, signal), [200], readTrustedCertificate);
    },

    renewVerificationCode: async (tenant, fingerprint, signal) => {
      const path = `${popPath(tenant, fingerprint)}/verification-code`;
      return understand(await send({ method: "POST", path, signal }), [200, 201], readTrustedCertificate);
    },

    provePossession: async (tenant, fingerprint, signedCode, signal) => {
      const body = { proofOfPossessionSignedVerificationCode: signedCode };
      const reply = await sendJson("POST", `${popPath(tenant, fingerprint)}/pop`, body, signal);
      return understand(reply, [200, 201], readTrustedCertificate);
    },

    registerBulk: async (csv, fileName, signal) => {
      const { contentType, body } = multipartFile(csv, fileName);
      const reply = await send({
        method: "POST",
        path: "/devicecontrol/bulkNewDeviceRequests",
        body: { contentType, bytes: body },
        timeoutMs: site.timeoutMs,
        maxBytes: MAX_LONG_ANSWER_BYTES,
        signal,
      });
      return understand(reply, [201], (json) => readBulkAnswer(json, scrub));
    },

    hasExternalId: async (type, externalId, signal) => {
      const path = `/identity/externalIds/${encodeURIComponent(type)}/${encodeURIComponent(externalId)}`;
      const reply = await send({ method: "GET", path, signal });
      return understandPresence(reply, (json) => namesExternalId(json, type, externalId));
    },

    hasDeviceUser: async (tenant, externalId, signal) => {
      const userName = `device_${externalId}`;
      const path = `/user/${encodeURIComponent(tenant)}/users/${encodeURIComponent(userName)}`;
      return understandPresence(await send({ method: "GET", path, signal }), (json) => namesUser(json, userName));
    },

    // JSON rather than a CSV file: the two texts about the file's header differ, and in a file an entry whose
    // date the platform takes for the future, as when this clock is a second ahead, is skipped without a message.
    revokeSerials: async (serials, signal) => {
      const crls = serials.map(({ serialNumber, revokedAtMs }) => ({
        serialNumberInHex: serialNumber.toLowerCase(),
        revocationDate: new Date(revokedAtMs).toISOString(),
      }));
      const reply = await send({
        method: "PUT",
        path: "/tenant/trusted-certificates/settings/crl",
        body: { contentType: "application/json", bytes: JSON.stringify({ crls }) },
        timeoutMs: site.timeoutMs,
        signal,
      });
      return understand(reply, [200, 204], () => true);
    },

    revokedSerials: async (signal) => {
      const reply = await send({
        method: "GET",
        path: "/tenant/trusted-certificates/settings/crl",
        accept: "application/pkix-crl",
        maxBytes: MAX_LONG_ANSWER_BYTES,
        signal,
      });
      return understand(reply, [200], (_json, bytes) => readRevocationList(bytes));
    },

    tenantOption: async (category, key, signal) => {
      const path = `/tenant/options/${encodeURIComponent(category)}/${encodeURIComponent(key)}`;
      const reply = await send({ method: "GET", path, signal });
      if (reply.kind === "answer" && reply.value.status === 404 && isNotFound(reply.value.json)) {
        return found(reply.value, undefined);
      }
      return understand(reply, [200], readOptionValue);
    },

    close: () => pool.close(),
  };
  return governed(platform, options.governor ?? makeGovernor());
}

/** Null where the connection, and not the platform, gave the answer. */
function statusOf(reply: Reply<HttpAnswer>): number | null {
  const status = reply.kind === "answer" ? reply.value.status : (reply.status ?? 0);
  return status === 0 ? null : status;
}
