import type { Platform } from "./platform.ts";
import { type Asked, replyError } from "./reply-error.ts";
import { READ_OWN_ROLE } from "./roles.ts";

/** The question for people, and the role that it takes. */
export const SHOW_TENANT: Asked = { doing: "show its tenant", role: READ_OWN_ROLE };

/** The id of the tenant that the login belongs to. Throws `platform-refused` and `platform-unreachable`. */
export async function askTenant(platform: Pick<Platform, "currentTenant">): Promise<string> {
  const reply = await platform.currentTenant();
  if (reply.kind !== "answer") throw replyError(reply, SHOW_TENANT);
  return reply.value.id;
}
