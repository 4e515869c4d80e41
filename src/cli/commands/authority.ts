import type { AddCommand } from "../command.ts";
import { createCommand } from "./authority/create.ts";
import { crlCommand } from "./authority/crl.ts";
import { importCommand } from "./authority/import.ts";
import { listCommand } from "./authority/list.ts";
import { proveCommand } from "./authority/prove.ts";
import { requestCommand } from "./authority/request.ts";
import { revokeAuthorityCommand } from "./authority/revoke.ts";
import { showCommand } from "./authority/show.ts";
import { signCommand } from "./authority/sign.ts";
import { uploadCommand } from "./authority/upload.ts";

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
