import type { Passwords } from "../passwords.ts";
import { damaged } from "./damaged.ts";
import type { Engine } from "./engine.ts";
import { requireLease } from "./require-lease.ts";

/** Which batches have passwords, and which of these are known to be listed. */
export function passwordRules({ read, write }: Engine): Passwords {
  return {
    passwordBatches: (lot) => read((on) => on.passwordBatchesOf(lot)),
    passwordDevices: (batch) => read((on) => on.passwordDevicesOf(batch)),
    commitListed: (lease, batches) =>
      write(async (on, append) => {
        const lot = await requireLease(on, lease);
        const listed = new Set(await on.setListed(lot, batches));
        const other = batches.find((batch) => !listed.has(batch));
        if (other !== undefined) {
          throw damaged(`batch ${other} of lot ${lease.lot} is not one whose passwords could be listed`);
        }
        append({ chain: lot, kind: "passwords-listed", subject: lease.lot, detail: { batches } });
      }),
  };
}
