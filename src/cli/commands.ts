import type { AddCommand } from "./command.ts";
import { authorityCommand } from "./commands/authority.ts";
import { backupCommand } from "./commands/backup.ts";
import { checkCommand } from "./commands/check.ts";
import { planCommand } from "./commands/plan.ts";
import { rehearseCommand } from "./commands/rehearse.ts";
import { remintCommand } from "./commands/remint.ts";
import { reportCommand } from "./commands/report.ts";
import { restoreCommand } from "./commands/restore.ts";
import { revokeCommand } from "./commands/revoke.ts";
import { runCommand } from "./commands/run.ts";
import { sandboxCommand } from "./commands/sandbox.ts";
import { statusCommand } from "./commands/status.ts";
import { submitCommand } from "./commands/submit.ts";
import { truststoreCommand } from "./commands/truststore.ts";
import { watchCommand } from "./commands/watch.ts";
import { doctorCommand } from "./doctor/command.ts";
import { initCommand } from "./init/command.ts";

/** Every command, in the order of --help. */
export const COMMANDS: readonly AddCommand[] = [
  initCommand,
  doctorCommand,
  authorityCommand,
  planCommand,
  runCommand,
  submitCommand,
  watchCommand,
  statusCommand,
  reportCommand,
  checkCommand,
  truststoreCommand,
  rehearseCommand,
  revokeCommand,
  remintCommand,
  backupCommand,
  restoreCommand,
  sandboxCommand,
];
