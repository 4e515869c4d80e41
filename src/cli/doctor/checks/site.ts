import { existsSync } from "node:fs";
import { type DoctorCheck, ok } from "../doctor-check.ts";

/** Whether lotmint.yaml can be used. */
export const siteCheck: DoctorCheck = {
  name: "site",
  look: ({ home, site }) => {
    const { platform } = site();
    if (!existsSync(home.siteFile))
      return [ok("no lotmint.yaml: every setting has its default, and nothing is submitted")];
    return [
      ok(
        platform === undefined
          ? "lotmint.yaml names no platform: nothing is submitted"
          : `lotmint.yaml: ${platform.url}`,
      ),
    ];
  },
};
