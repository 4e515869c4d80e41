import path from "node:path";
import { inputError, statIfThere } from "../disk/disk-error.ts";
import { OnboardingError } from "../domain/error.ts";

/**
 * The home folder, absolute: `--home`, else LOTMINT_HOME, else the current folder. Throws `usage` when
 * it is not there, so that a slip of the pen does not start a second home.
 */
export function resolveHome(
  flag: string | undefined,
  around: { readonly cwd: string },
  env: NodeJS.ProcessEnv = process.env,
  { resolve }: Pick<typeof path, "resolve"> = path,
): string {
  const variable = env["LOTMINT_HOME"];
  const [named, origin] =
    flag !== undefined ? [flag, "--home"] : [variable === "" ? undefined : variable, "LOTMINT_HOME"];
  const home = resolve(around.cwd, named ?? ".");
  if (named !== undefined && !isFolder(home)) {
    throw new OnboardingError(
      `${origin} names ${home}, which is no folder; make a home there with: lotmint init ${home}`,
      { code: "usage" },
    );
  }
  return home;
}

function isFolder(home: string): boolean {
  try {
    return statIfThere(home)?.isDirectory() === true;
  } catch (error) {
    throw inputError(error, home);
  }
}
