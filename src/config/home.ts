import { statSync } from "node:fs";
import { resolve } from "node:path";
import { OnboardingError } from "../domain/error.ts";

/**
 * The home folder, absolute: `--home`, else LOTMINT_HOME, else the current folder. Throws `usage` when
 * it is not there, so that a slip of the pen does not start a second home.
 */
export function resolveHome(
  flag: string | undefined,
  around: { readonly cwd: string },
  env: NodeJS.ProcessEnv = process.env,
): string {
  const variable = env["LOTMINT_HOME"];
  const [named, origin] =
    flag !== undefined ? [flag, "--home"] : [variable === "" ? undefined : variable, "LOTMINT_HOME"];
  const home = resolve(around.cwd, named ?? ".");
  if (named !== undefined && statSync(home, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new OnboardingError(`${origin} names ${home}, which is no folder; make it first`, { code: "usage" });
  }
  return home;
}
