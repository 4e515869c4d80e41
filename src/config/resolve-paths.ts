import path from "node:path";
import type { JobInput } from "./job-schema.ts";

/** A job whose paths are absolute: they are relative to the folder of the file that names them. */
export function resolvePaths(
  input: JobInput,
  folder: string,
  { resolve }: Pick<typeof path, "resolve"> = path,
): JobInput {
  const { manifest, secrets, truststore } = input;
  return {
    ...input,
    ...(manifest !== undefined && { manifest: resolve(folder, manifest) }),
    ...(secrets !== undefined && {
      secrets: {
        ...secrets,
        ...(secrets.folder !== undefined && { folder: resolve(folder, secrets.folder) }),
        ...(secrets.sealTo !== undefined && { sealTo: resolve(folder, secrets.sealTo) }),
      },
    }),
    ...(truststore?.certificates !== undefined && {
      truststore: {
        ...truststore,
        certificates: truststore.certificates.map((named) => (named === "platform" ? named : resolve(folder, named))),
      },
    }),
  };
}
