import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Holds lotmint's requests, and the sandbox's answers, against an edition of the platform's official API text
 * (OpenAPI 3.0, JSON): `node scripts/check-openapi.ts openapi.json`. Ends with 0 when they agree.
 */
const [given] = process.argv.slice(2);
if (given === undefined || !existsSync(given)) {
  console.error("Name the text: node scripts/check-openapi.ts openapi.json");
  process.exit(2);
}
const root = fileURLToPath(new URL("..", import.meta.url));
const child = spawn(
  process.execPath,
  [join(root, "node_modules/vitest/vitest.mjs"), "run", "test/scenario/openapi.test.ts"],
  {
    cwd: root,
    env: { ...process.env, LOTMINT_OPENAPI: resolve(given) },
    stdio: "inherit",
  },
);
child.once("close", (code) => {
  process.exitCode = code ?? 1;
});
