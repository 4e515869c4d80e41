import { findLogin, unauthorized } from "./authenticate.ts";
import { baseUrl, type Call } from "./call.ts";
import { JSON_MEDIA_TYPE, jsonAnswer } from "./http/json-answer.ts";
import { booleanParameter } from "./http/query.ts";
import { mediaType } from "./http/read-form.ts";
import { RequestRefusal } from "./http/request-refusal.ts";
import type { SandboxAnswer } from "./http/sandbox-request.ts";
import { newToken } from "./sandbox-users.ts";

export const LOGIN_OPTIONS_MEDIA_TYPE = "application/vnd.com.nsn.cumulocity.loginoptioncollection+json";

/** GET /tenant/loginOptions: Basic and OAI-Secure. Needs no login. */
export function getLoginOptions(call: Call): SandboxAnswer {
  const tenant = call.request.query.get("tenantId");
  if (booleanParameter(call.request.query, "management") && tenant !== null) {
    throw new RequestRefusal(
      400,
      "LoginOptions/Bad Request",
      `Do not use 'management' flag while querying loginOptions of tenant with id ${tenant}`,
    );
  }
  if (tenant !== null && tenant !== call.state.tenant) {
    throw new RequestRefusal(400, "LoginOptions/Bad Request", `There is no tenant with id = ${tenant}`);
  }
  const option = (type: string, id: string, more: object) => ({
    enforceStrength: true,
    greenMinLength: 8,
    id,
    self: `${baseUrl(call)}/tenant/loginOptions/${id}`,
    strengthValidity: false,
    tfaStrategy: "SMS",
    type,
    userManagementSource: "INTERNAL",
    ...more,
  });
  return jsonAnswer(call.request, 200, LOGIN_OPTIONS_MEDIA_TYPE, {
    loginOptions: [
      option("OAUTH2_INTERNAL", "oauth2-internal", {
        grantType: "PASSWORD",
        initRequest: `${baseUrl(call)}/tenant/oauth?tenant_id=${call.state.tenant}`,
        loginRedirectDomain: call.state.domain,
        visibleOnLoginPage: true,
      }),
      option("BASIC", "basic", { visibleOnLoginPage: false }),
    ],
    self: `${baseUrl(call)}/tenant/loginOptions/`,
  });
}

/** Fields of the login form ([OAS] `loginForm`). */
const FORM_FIELDS = ["grant_type", "username", "password", "tfa_code", "code"];

/** POST /tenant/oauth/token: a bearer token for a user name and password. */
export function postToken(call: Call): SandboxAnswer {
  const type = mediaType(call.request.headers["content-type"]);
  if (type !== "application/x-www-form-urlencoded") {
    throw new RequestRefusal(415, "general/Unsupported Media Type", `Content type '${type ?? ""}' not supported`);
  }
  const form = new URLSearchParams(call.request.body.toString("utf8"));
  const unknown = [...form.keys()].find((name) => !FORM_FIELDS.includes(name));
  if (unknown !== undefined)
    throw new RequestRefusal(400, "security/Bad Request", `Field '${unknown}' is not allowed here`);
  if (form.get("grant_type") !== "PASSWORD") {
    throw new RequestRefusal(400, "security/Bad Request", "Only grant_type PASSWORD is supported");
  }
  const tenant = call.request.query.get("tenant_id");
  const user = findLogin(call.state, form.get("username") ?? "", form.get("password") ?? "");
  if ((tenant !== null && tenant !== call.state.tenant) || user === undefined) {
    throw unauthorized("Invalid credentials! : Bad credentials");
  }
  const token = newToken(call.state);
  call.state.tokens.set(token, user.userName);
  return jsonAnswer(call.request, 200, JSON_MEDIA_TYPE, { access_token: token });
}
