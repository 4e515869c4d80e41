import { resolve } from "node:path";
import { checkVacant, placeNewFile } from "../../disk/place-new-file.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { writeNamedTruststore } from "../../keystore/named-truststore.ts";
import { openRandomPool } from "../../keystore/random-pool.ts";
import type { TruststoreContents } from "../../lookup/truststore-entries.ts";
import type { CliContext } from "../context.ts";
import { askedCertificates } from "./asked-certificates.ts";
import { formatOfName, truststorePassword } from "./truststore-file.ts";
import { truststoreJson, truststoreText } from "./truststore-text.ts";

/** As Java's own; a truststore's password protects nothing secret, only from being changed unseen. */
const ITERATIONS = 10_000;

export interface BuildArguments {
  readonly file: string;
  readonly certificate: readonly string[];
}

/** `lotmint truststore build`: a new truststore, whole or not at all; one that is there is left as it is. */
export async function runBuild({ file, certificate }: BuildArguments, context: CliContext): Promise<number> {
  const path = resolve(context.cwd, file);
  const format = formatOfName(path);
  checkVacant(path);
  const { entries, warnings } = askedCertificates(certificate, [], { cwd: context.cwd, nowMs: context.now() });
  const contents = { format, recipe: "modern", entries } as const;
  placeNewFile(path, encodeTruststore(contents, context));
  tellTruststore(path, contents, warnings, context);
  return EXIT.done;
}

/** The octets of a truststore under the password that was given. */
export function encodeTruststore({ format, recipe, entries }: TruststoreContents, context: CliContext): Buffer {
  const password = truststorePassword(context);
  const options = { entries, password, recipe, iterations: ITERATIONS, createdAtMs: context.now() };
  return writeNamedTruststore(format, options, openRandomPool());
}

/** Says what the truststore holds now, and what is odd about it. */
export function tellTruststore(
  path: string,
  contents: TruststoreContents,
  warnings: readonly string[],
  context: CliContext,
): void {
  for (const warning of warnings) context.log.warn(warning);
  context.printJson(truststoreJson(contents));
  context.print(truststoreText(path, contents, context));
}
