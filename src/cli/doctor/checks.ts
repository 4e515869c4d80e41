import { authoritiesCheck } from "./checks/authorities.ts";
import { clockCheck } from "./checks/clock.ts";
import { diskCheck } from "./checks/disk.ts";
import { homeCheck } from "./checks/home.ts";
import { jobsCheck } from "./checks/jobs.ts";
import { keyPoolCheck } from "./checks/key-pool.ts";
import { ledgerCheck } from "./checks/ledger.ts";
import { platformCheck } from "./checks/platform.ts";
import { proxyCheck } from "./checks/proxy.ts";
import { rightsCheck } from "./checks/rights.ts";
import { runtimeCheck } from "./checks/runtime.ts";
import { secretsCheck } from "./checks/secrets.ts";
import { siteCheck } from "./checks/site.ts";
import { trustCheck } from "./checks/trust.ts";
import type { DoctorCheck } from "./doctor-check.ts";

/** Every check, in the order in which findings are told: each a file in checks/. */
export const CHECKS: readonly DoctorCheck[] = [
  homeCheck,
  siteCheck,
  rightsCheck,
  diskCheck,
  runtimeCheck,
  clockCheck,
  ledgerCheck,
  authoritiesCheck,
  jobsCheck,
  secretsCheck,
  keyPoolCheck,
  proxyCheck,
  trustCheck,
  platformCheck,
];
