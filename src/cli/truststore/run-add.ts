import { replaceShared } from "../../disk/durable.ts";
import { OnboardingError } from "../../domain/error.ts";
import { EXIT } from "../../domain/exit-code.ts";
import type { CliContext } from "../context.ts";
import { askedCertificates } from "./asked-certificates.ts";
import { type BuildArguments, encodeTruststore, tellTruststore } from "./run-build.ts";
import { openTruststoreFile } from "./truststore-file.ts";

/**
 * `lotmint truststore add`: the same truststore with more certificates, in the format that it has, whole or not at all.
 * Its name, mode and password stay.
 */
export async function runAdd({ file, certificate }: BuildArguments, context: CliContext): Promise<number> {
  const { path, mode, octets: before, contents } = openTruststoreFile(file, context);
  const taken = contents.entries.map(({ alias }) => alias);
  const { entries, warnings } = askedCertificates(certificate, taken, { cwd: context.cwd, nowMs: context.now() });
  const grown = { ...contents, entries: [...contents.entries, ...entries] };
  const octets = encodeTruststore(grown, context);
  // Somebody else may have added to it in between: what they wrote is not to be lost.
  if (!openTruststoreFile(file, context).octets.equals(before)) {
    throw new OnboardingError(`${path} was changed meanwhile; nothing was written; run the command again`, {
      code: "usage",
    });
  }
  replaceShared(path, octets, mode);
  tellTruststore(path, grown, warnings, context);
  return EXIT.done;
}
