import { requireHome } from "../../require-home.ts";
import { type DoctorCheck, ok } from "../doctor-check.ts";

/** Whether there is a home, and whether this user may write in it. */
export const homeCheck: DoctorCheck = {
  name: "home",
  look: ({ home, userId }) => {
    requireHome(home, "writes", userId);
    return [ok(home.root)];
  },
};
