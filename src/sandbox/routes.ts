import type { Endpoint } from "./call.ts";
import { postDeviceAccessToken } from "./devices/device-access-token.ts";
import { JSON_MEDIA_TYPE } from "./http/json-answer.ts";
import { getLoginOptions, LOGIN_OPTIONS_MEDIA_TYPE, postToken } from "./login.ts";
import { BULK_MEDIA_TYPE, postBulkRequest } from "./registration/bulk-registration.ts";
import { EXTERNAL_ID_MEDIA_TYPE, getExternalId } from "./registration/identity.ts";
import {
  CURRENT_TENANT_MEDIA_TYPE,
  CURRENT_USER_MEDIA_TYPE,
  getCurrentTenant,
  getCurrentUser,
  getUser,
  USER_MEDIA_TYPE,
} from "./tenant-and-users.ts";
import { getOption, OPTION_MEDIA_TYPE, putOption } from "./tenant-options.ts";
import { CRL_MEDIA_TYPE, getRevocations, putRevocations } from "./trust/revocations.ts";
import {
  deleteCertificate,
  getCertificate,
  listCertificates,
  postCertificate,
  postCertificates,
  putCertificate,
} from "./trust/trusted-certificates.ts";
import { confirmPossession, postSignedCode, renewCode } from "./trust/verification-code.ts";

/** One call of the platform: who may make it and what it answers with. */
export interface Route {
  readonly method: string;
  /** `:name` stands for one segment. */
  readonly path: string;
  /** Any of these roles; "open": without login. */
  readonly roles: readonly string[] | "open";
  /** Media types of the body under success; empty: it has none. */
  readonly produces: readonly string[];
  readonly endpoint: Endpoint;
}

const OWN = ["ROLE_USER_MANAGEMENT_OWN_READ", "ROLE_SYSTEM"];
const TRUST_WRITE = ["ROLE_TENANT_MANAGEMENT_ADMIN", "ROLE_TENANT_ADMIN"];
const TRUST_READ = [...TRUST_WRITE, "ROLE_TENANT_MANAGEMENT_READ"];
const CERTIFICATES = "/tenant/tenants/:tenantId/trusted-certificates";
const PROOF = "/tenant/tenants/:tenantId/trusted-certificates-pop/:fingerprint";
const OPTION = "/tenant/options/:category/:key";
const CRL = "/tenant/trusted-certificates/settings/crl";

function route(
  method: string,
  path: string,
  roles: Route["roles"],
  produces: readonly string[],
  endpoint: Endpoint,
): Route {
  return { method, path, roles, produces, endpoint };
}

/** Every call that the sandbox knows. A fixed path stands before one with a parameter in its place. */
export const ROUTES: readonly Route[] = [
  route(
    "POST",
    "/devicecontrol/bulkNewDeviceRequests",
    ["ROLE_DEVICE_CONTROL_ADMIN"],
    [BULK_MEDIA_TYPE],
    postBulkRequest,
  ),
  route(
    "GET",
    "/identity/externalIds/:type/:externalId",
    ["ROLE_IDENTITY_READ"],
    [EXTERNAL_ID_MEDIA_TYPE],
    getExternalId,
  ),
  route("GET", "/user/currentUser", OWN, [CURRENT_USER_MEDIA_TYPE, USER_MEDIA_TYPE], getCurrentUser),
  // [OAS] also accepts ROLE_USER_MANAGEMENT_CREATE for a parent of the user; here nobody has a parent.
  route("GET", "/user/:tenantId/users/:userId", ["ROLE_USER_MANAGEMENT_READ"], [USER_MEDIA_TYPE], getUser),
  route("GET", "/tenant/currentTenant", OWN, [CURRENT_TENANT_MEDIA_TYPE], getCurrentTenant),
  route("GET", "/tenant/loginOptions", "open", [LOGIN_OPTIONS_MEDIA_TYPE], getLoginOptions),
  route("POST", "/tenant/oauth/token", "open", [JSON_MEDIA_TYPE], postToken),
  route("POST", CERTIFICATES, TRUST_WRITE, [JSON_MEDIA_TYPE], postCertificate),
  route("GET", CERTIFICATES, TRUST_READ, [JSON_MEDIA_TYPE], listCertificates),
  route("POST", `${CERTIFICATES}/bulk`, TRUST_WRITE, [JSON_MEDIA_TYPE], postCertificates),
  route("GET", `${CERTIFICATES}/:fingerprint`, TRUST_READ, [JSON_MEDIA_TYPE], getCertificate),
  route("PUT", `${CERTIFICATES}/:fingerprint`, TRUST_WRITE, [JSON_MEDIA_TYPE], putCertificate),
  route("DELETE", `${CERTIFICATES}/:fingerprint`, TRUST_WRITE, [], deleteCertificate),
  route("POST", `${PROOF}/verification-code`, TRUST_WRITE, [JSON_MEDIA_TYPE], renewCode),
  route("POST", `${PROOF}/pop`, TRUST_WRITE, [JSON_MEDIA_TYPE], postSignedCode),
  route("POST", `${PROOF}/confirmed`, TRUST_WRITE, [JSON_MEDIA_TYPE], confirmPossession),
  route("GET", OPTION, ["ROLE_OPTION_MANAGEMENT_READ"], [OPTION_MEDIA_TYPE], getOption),
  route("PUT", OPTION, ["ROLE_OPTION_MANAGEMENT_ADMIN"], [OPTION_MEDIA_TYPE], putOption),
  route("PUT", CRL, TRUST_WRITE, [], putRevocations),
  route("GET", CRL, TRUST_READ, [CRL_MEDIA_TYPE], getRevocations),
];

/** What the port that asks for a client certificate knows: the certificate is the login. */
export const DEVICE_ROUTES: readonly Route[] = [
  route("POST", "/devicecontrol/deviceAccessToken", "open", [JSON_MEDIA_TYPE], postDeviceAccessToken),
];
