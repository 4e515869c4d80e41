import { EXIT } from "../../domain/exit-code.ts";
import type { CliContext } from "../context.ts";
import { openTruststoreFile } from "./truststore-file.ts";
import { truststoreJson, truststoreText } from "./truststore-text.ts";

/** `lotmint truststore list`: the certificates of a truststore by their aliases. */
export async function runList(file: string, context: CliContext): Promise<number> {
  const { path, contents } = openTruststoreFile(file, context);
  context.printJson(truststoreJson(contents));
  context.print(truststoreText(path, contents, context));
  return EXIT.done;
}
