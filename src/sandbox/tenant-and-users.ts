import { baseUrl, type Call, parameter } from "./call.ts";
import { jsonAnswer, namesMediaType } from "./http/json-answer.ts";
import { booleanParameter } from "./http/query.ts";
import { accessDenied, RequestRefusal } from "./http/request-refusal.ts";
import type { SandboxAnswer } from "./http/sandbox-request.ts";
import type { SandboxUser } from "./sandbox-state.ts";

export const CURRENT_TENANT_MEDIA_TYPE = "application/vnd.com.nsn.cumulocity.currenttenant+json";
export const CURRENT_USER_MEDIA_TYPE = "application/vnd.com.nsn.cumulocity.currentuser+json";
export const USER_MEDIA_TYPE = "application/vnd.com.nsn.cumulocity.user+json";

/** GET /tenant/currentTenant */
export function getCurrentTenant(call: Call): SandboxAnswer {
  const withParent = booleanParameter(call.request.query, "withParent");
  return jsonAnswer(call.request, 200, CURRENT_TENANT_MEDIA_TYPE, {
    allowCreateTenants: false,
    applications: { references: [] },
    customProperties: {},
    domainName: call.state.domain,
    name: call.state.tenant,
    ...(withParent ? { parent: "management" } : {}),
    self: `${baseUrl(call)}/tenant/currentTenant`,
  });
}

/** GET /user/currentUser: with all roles, or as the plain user where that media type is asked for. */
export function getCurrentUser(call: Call): SandboxAnswer {
  const { user } = call;
  if (user === undefined) throw new Error("this endpoint needs a login");
  if (namesMediaType(call.request, USER_MEDIA_TYPE)) {
    if (user.roles.includes("ROLE_SYSTEM")) throw accessDenied();
    return jsonAnswer(call.request, 200, USER_MEDIA_TYPE, showUser(call, user));
  }
  return jsonAnswer(call.request, 200, CURRENT_USER_MEDIA_TYPE, {
    devicePermissions: {},
    effectiveRoles: user.roles.map((role) => ({
      id: role,
      name: role,
      self: `${baseUrl(call)}/user/roles/${role}`,
    })),
    id: user.userName,
    lastPasswordChange: user.lastPasswordChange,
    self: `${baseUrl(call)}/user/currentUser`,
    shouldResetPassword: false,
    twoFactorAuthenticationEnabled: false,
    userName: user.userName,
  });
}

/** GET /user/{tenantId}/users/{userId}: people and devices alike. */
export function getUser(call: Call): SandboxAnswer {
  if (parameter(call, "tenantId") !== call.state.tenant) throw accessDenied();
  const userId = parameter(call, "userId");
  const user = call.state.users.get(userId);
  if (user === undefined) {
    throw new RequestRefusal(
      404,
      "users/Not Found",
      `Error retrieving user ${userId}! : Cannot find document with ID ID ` +
        `[type=com_cumulocity_model_idtype_GId, value=${userId}]!`,
    );
  }
  return jsonAnswer(call.request, 200, USER_MEDIA_TYPE, showUser(call, user));
}

function showUser(call: Call, user: SandboxUser): Readonly<Record<string, unknown>> {
  const self = `${baseUrl(call)}/user/${call.state.tenant}/users/${encodeURIComponent(user.userName)}`;
  return {
    applications: [],
    customProperties: {},
    devicePermissions: {},
    displayName: user.userName,
    enabled: true,
    groups: { self: `${self}/groups`, references: [] },
    id: user.userName,
    lastPasswordChange: user.lastPasswordChange,
    roles: {
      self: `${self}/roles`,
      references: user.roles.map((role) => ({
        role: { id: role, name: role, self: `${baseUrl(call)}/user/roles/${role}` },
        self: `${self}/roles/${role}`,
      })),
    },
    self,
    shouldResetPassword: false,
    twoFactorAuthenticationEnabled: false,
    userName: user.userName,
  };
}
