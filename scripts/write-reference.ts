import { writeFileSync } from "node:fs";
import { referenceFiles } from "./reference/reference-files.ts";

/** `npm run reference`: writes the reference page, the manual page and the shells' completions anew. */
for (const [path, content] of Object.entries(referenceFiles())) {
  writeFileSync(new URL(`../${path}`, import.meta.url), content);
}
