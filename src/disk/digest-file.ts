import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** SHA-256 of a file in lower-case hex, read piece by piece. Throws the file system's own errors. */
export async function digestFile(path: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 })) digest.update(piece as Buffer);
  return digest.digest("hex");
}
