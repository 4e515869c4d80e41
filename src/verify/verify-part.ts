import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { digestFile } from "../disk/digest-file.ts";
import type { PartDevice, PartRecord } from "../ledger/registration.ts";
import type { Difference } from "./difference.ts";

/**
 * Compares a registration part with the ledger: the file is what was cut, and each device whose latest
 * row is in it stands where the ledger says. Reads the file once, as a stream.
 */
export async function verifyPart(
  path: string,
  part: PartRecord,
  devices: readonly Pick<PartDevice, "row" | "externalId">[],
): Promise<readonly Difference[]> {
  const name = `registration part ${part.number}`;
  const differences: Difference[] = [];
  const wanted = new Map(devices.map((device) => [device.row, device.externalId]));
  const digest = createHash("sha256");
  let line = -1;
  const takeLine = (text: string) => {
    if (line === -1) {
      if (!text.startsWith("ID;AUTH_TYPE;CREDENTIALS;")) {
        differences.push({ externalId: "", what: `${name} has another header`, found: text.slice(0, 80) });
      }
    } else {
      const externalId = wanted.get(line);
      const [id, authType, credentials] = text.split(";");
      if (externalId !== undefined && id !== externalId) {
        differences.push({ externalId, what: `row ${line + 1} of ${name}`, expected: externalId, found: id ?? "" });
      }
      if (authType !== "CERTIFICATES" || credentials !== "") {
        differences.push({
          externalId: id ?? "",
          what: `row ${line + 1} of ${name} is not a certificate registration`,
        });
      }
      wanted.delete(line);
    }
    line++;
  };
  try {
    let rest = "";
    for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      digest.update(piece);
      // latin1 would do for finding line ends; ids may be UTF-8, so lines are decoded whole.
      const lines = (rest + piece.toString("latin1")).split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) takeLine(Buffer.from(text, "latin1").toString("utf8"));
    }
    if (rest !== "") differences.push({ externalId: "", what: `${name} ends inside a row` });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    return [{ externalId: "", what: `${name} is missing`, expected: path }];
  }
  const found = digest.digest("hex");
  if (found !== part.sha256)
    differences.push({ externalId: "", what: `SHA-256 of ${name}`, expected: part.sha256, found });
  if (line !== part.rows) {
    differences.push({ externalId: "", what: `rows of ${name}`, expected: String(part.rows), found: String(line) });
  }
  for (const externalId of wanted.values()) differences.push({ externalId, what: `it has no row in ${name}` });
  return differences;
}

/** Whether a part's file is what was cut, by its digest; what differs is looked for only where it is not. */
export async function verifyPartDigest(path: string, part: PartRecord): Promise<readonly Difference[]> {
  try {
    if ((await digestFile(path)) === part.sha256) return [];
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  return verifyPart(path, part, []);
}
