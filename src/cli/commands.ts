import { authorityCommand } from "./authority/command.ts";
import { backupCommand } from "./backup/command.ts";
import { checkCommand } from "./check/command.ts";
import type { AddCommand } from "./command.ts";
import { completionCommand } from "./completion/command.ts";
import { deviceCommand } from "./device/command.ts";
import { doctorCommand } from "./doctor/command.ts";
import { initCommand } from "./init/command.ts";
import { inspectCommand } from "./inspect/command.ts";
import { keysCommand } from "./keys/command.ts";
import { planCommand } from "./plan/command.ts";
import { receiptCommand } from "./receipt/command.ts";
import { rehearseCommand } from "./rehearse/command.ts";
import { remintCommand } from "./remint/command.ts";
import { reportCommand } from "./report/command.ts";
import { restoreCommand } from "./restore/command.ts";
import { revokeCommand } from "./revoke/command.ts";
import { runCommand } from "./run/command.ts";
import { sandboxCommand } from "./sandbox/command.ts";
import { statusCommand } from "./status/command.ts";
import { submitCommand } from "./submit/command.ts";
import { truststoreCommand } from "./truststore/command.ts";
import { watchCommand } from "./watch/command.ts";

/** Every command, in the order of --help. */
export const COMMANDS: readonly AddCommand[] = [
  initCommand,
  doctorCommand,
  authorityCommand,
  planCommand,
  runCommand,
  submitCommand,
  watchCommand,
  keysCommand,
  statusCommand,
  reportCommand,
  checkCommand,
  deviceCommand,
  inspectCommand,
  receiptCommand,
  truststoreCommand,
  rehearseCommand,
  revokeCommand,
  remintCommand,
  backupCommand,
  restoreCommand,
  sandboxCommand,
  completionCommand,
];
