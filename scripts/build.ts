import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleInto } from "./build/bundle-program.ts";
import { licenceTexts } from "./build/licence-texts.ts";

/** `npm run build`: the program in dist/, as it is packed, with the licences of the packages that are in it. */
const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
await bundleInto(dist, { small: true });
writeFileSync(join(dist, "THIRD-PARTY-LICENSES"), licenceTexts(root));
