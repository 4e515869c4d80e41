/** The platform's roles that lotmint's calls take (OpenAPI, "Required roles" of each call). */
export const REGISTER_ROLE = "ROLE_DEVICE_CONTROL_ADMIN";
export const READ_IDENTITY_ROLE = "ROLE_IDENTITY_READ";
export const READ_USERS_ROLE = "ROLE_USER_MANAGEMENT_READ";
export const READ_OWN_ROLE = "ROLE_USER_MANAGEMENT_OWN_READ";
/** Either may change the trusted certificates. */
export const TRUST_ROLES: readonly string[] = ["ROLE_TENANT_ADMIN", "ROLE_TENANT_MANAGEMENT_ADMIN"];
/** One of these shows other users, and with them whether a device's user is there. */
export const SEE_USERS_ROLES: readonly string[] = [READ_USERS_ROLE, "ROLE_USER_MANAGEMENT_ADMIN"];
/** One of these shows external ids. */
export const SEE_IDENTITY_ROLES: readonly string[] = [READ_IDENTITY_ROLE, "ROLE_IDENTITY_ADMIN"];
