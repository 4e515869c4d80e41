import { realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { homeLayout, idOfName, lotLayout } from "../../disk/layout.ts";
import type { FilePasswords } from "../../lookup/inspect/file-passwords.ts";
import { scanPasswords } from "../../mint/scan-passwords.ts";
import { plainText } from "../../report/plain-text.ts";
import { askPassphrase } from "../ask-passphrase.ts";
import type { CliProcess } from "../look-context.ts";
import { recordedSecretsFolder } from "./recorded-secrets-folder.ts";

const TRIES = 3;

/**
 * The passwords for a file: LOTMINT_FILE_PASSWORD, else for a file in a device's folder below output/ the one that is
 * listed for the device, else one that is typed on a terminal.
 */
export function filePasswords(path: string, around: CliProcess): FilePasswords {
  return {
    given: async function* () {
      const given = around.secrets.filePassword() ?? (await listedPassword(path));
      if (given !== undefined) yield given;
    },
    typed: async function* () {
      if (around.secrets.filePassword() !== undefined || !around.stdin.isTTY || !around.stderr.isTTY) return;
      const prompt = `Password of ${plainText(basename(path))}: `;
      for (let tries = 0; tries < TRIES; tries++) {
        const before = tries === 0 ? "" : "That password does not open it. ";
        yield await askPassphrase(before + prompt, around.stdin, around.stderr);
      }
    },
  };
}

/** The password in the lot's list of a device, for output/<lot>/devices/<id>/FILE of any home. */
async function listedPassword(path: string): Promise<string | undefined> {
  const folder = dirname(realpathSync(path));
  const devices = dirname(folder);
  if (basename(devices) !== "devices") return undefined;
  const lotFolder = dirname(devices);
  const home = homeLayout(dirname(dirname(lotFolder)));
  const lot = idOfName(basename(lotFolder));
  const id = idOfName(basename(folder));
  const secrets = recordedSecretsFolder(home, lot);
  const list =
    secrets === undefined ? join(lotFolder, "secrets", "passwords.csv") : lotLayout(home, lot, secrets).passwords;
  const wanted = Buffer.from(id);
  let password: string | undefined;
  try {
    // Of an id that stands there twice the last line counts.
    await scanPasswords([list], (octets, start, comma, end) => {
      const isWanted = comma - start === wanted.length && octets.compare(wanted, 0, wanted.length, start, comma) === 0;
      if (isWanted) password = octets.toString("utf8", comma + 1, end);
    });
  } catch {
    // There is none, or it is not ours to read: then the password is asked for.
  }
  return password;
}
