import type { AddCommand } from "../command.ts";
import { createCommand } from "./create.ts";
import { crlCommand } from "./crl.ts";
import { importCommand } from "./import.ts";
import { listCommand } from "./list.ts";
import { proveCommand } from "./prove.ts";
import { requestCommand } from "./request.ts";
import { revokeAuthorityCommand } from "./revoke.ts";
import { showCommand } from "./show.ts";
import { signCommand } from "./sign.ts";
import { uploadCommand } from "./upload.ts";

const ACTIONS: readonly AddCommand[] = [
  createCommand,
  importCommand,
  requestCommand,
  signCommand,
  listCommand,
  showCommand,
  uploadCommand,
  proveCommand,
  crlCommand,
  revokeAuthorityCommand,
];

/** `lotmint authority …`: the certificates that sign devices. */
export const authorityCommand: AddCommand = (line, runner) =>
  line.command(
    "authority",
    "Create, import, sign, list, show, upload, prove and revoke certificate authorities",
    (authority) =>
      ACTIONS.reduce((group, add) => add(group, runner), authority).demandCommand(
        1,
        "name what to do with an authority",
      ),
  );
