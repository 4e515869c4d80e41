import type { Governor } from "./governor.ts";
import type { Platform } from "./platform.ts";

/**
 * The same platform, its many questions (external ids and users) at the governor's pace. Uploads keep the number that
 * their lot's job says; what is answered to them counts for the pace, and `whenFree` says when the next may go.
 */
export function governed(platform: Platform, governor: Governor): Platform {
  return {
    ...platform,
    hasExternalId: (type, externalId, signal) =>
      governor.ask(() => platform.hasExternalId(type, externalId, signal), signal),
    hasDeviceUser: (tenant, externalId, signal) =>
      governor.ask(() => platform.hasDeviceUser(tenant, externalId, signal), signal),
    registerBulk: async (csv, fileName, signal) => {
      const reply = await platform.registerBulk(csv, fileName, signal);
      if (signal?.aborted !== true) governor.heed(reply);
      return reply;
    },
    whenFree: (signal) => governor.whenFree(signal),
  };
}
