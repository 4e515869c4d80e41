import path from "node:path";
import { isDeviceName } from "./layout.ts";

/**
 * The steps of a path that a file from outside names below a folder, with `/` or `\` between them, so that it means the
 * same on every system. Undefined for one that would lead out of the folder, or to a device of Windows: an absolute one, one
 * with a drive letter, with `..`, or with a name such as NUL in it.
 */
export function stepsBelow(text: string): readonly string[] | undefined {
  const steps = text.split(/[/\\]/);
  if (steps[0] === "" || /^[a-z]:/i.test(text)) return undefined;
  if (steps.some((step) => step === ".." || isDeviceName(step))) return undefined;
  return steps;
}

/**
 * True when `inner` lies below `folder`; both absolute, with all links followed. `paths` are the rules of the system:
 * on Windows the way to another drive is an absolute path.
 */
export function liesBelow(
  inner: string,
  folder: string,
  paths: Pick<typeof path, "relative" | "isAbsolute" | "sep"> = path,
): boolean {
  const way = paths.relative(folder, inner);
  return way !== "" && way !== ".." && !way.startsWith(`..${paths.sep}`) && !paths.isAbsolute(way);
}

/** A path below a folder of ours as it is recorded, with `/` on every system: no name there holds a `\` (`safeName`). */
export function portablePath(way: string): string {
  return way.replaceAll("\\", "/");
}
