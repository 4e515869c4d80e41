import { OnboardingError } from "../domain/error.ts";
import type { Platform } from "./platform.ts";
import { type Asked, replyError } from "./reply-error.ts";
import { READ_OWN_ROLE, TRUST_ROLES } from "./roles.ts";

/** What is asked of the platform by everything that touches trusted certificates. */
export const CHANGE_TRUST: Asked = { doing: "change trusted certificates", role: TRUST_ROLES.join(" or ") };

/** Finds out, before anything is changed, that this user may; else throws `platform-refused` naming the role. */
export async function requireTrustRole(platform: Platform): Promise<void> {
  const user = await platform.currentUser();
  if (user.kind !== "answer") throw replyError(user, { doing: "show its own user", role: READ_OWN_ROLE });
  if (user.value.roles.some((role) => TRUST_ROLES.includes(role))) return;
  throw new OnboardingError(
    `user ${user.value.userName} may not change trusted certificates: give it the role ${TRUST_ROLES.join(" or ")}`,
    { code: "platform-refused" },
  );
}
