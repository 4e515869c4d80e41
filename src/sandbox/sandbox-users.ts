import { DEFAULT_ROLES, type SandboxState, type SandboxUser } from "./sandbox-state.ts";

export interface NewSandboxUser {
  readonly userName: string;
  readonly password: string;
  /** Default: every role that the endpoints ask for. */
  readonly roles?: readonly string[];
  /** A bearer token that is this user; default: a random one. */
  readonly token?: string;
}

/** Adds a person or service and returns the bearer token that stands for it. */
export function addUser(state: SandboxState, user: NewSandboxUser): string {
  state.users.set(user.userName, {
    userName: user.userName,
    password: user.password,
    roles: user.roles ?? DEFAULT_ROLES,
    lastPasswordChange: new Date(state.nowMs()).toISOString(),
  });
  const token = user.token ?? newToken(state);
  state.tokens.set(token, user.userName);
  return token;
}

/** Adds or replaces the user of a device; without a password it can only come with its certificate. */
export function addDeviceUser(state: SandboxState, deviceId: string, password: string | undefined): void {
  const user: SandboxUser = {
    userName: deviceUserName(deviceId),
    ...(password === undefined ? {} : { password }),
    roles: ["ROLE_DEVICE"],
    lastPasswordChange: new Date(state.nowMs()).toISOString(),
  };
  state.users.set(user.userName, user);
}

export function deviceUserName(deviceId: string): string {
  return `device_${deviceId}`;
}

export function newToken(state: SandboxState): string {
  return state.randomBytes(32).toString("base64url");
}
