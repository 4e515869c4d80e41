import { userInfo } from "node:os";

const LONGEST = 200;

/**
 * Who runs lotmint, as receipts name them: LOTMINT_OPERATOR, else the user's name, else the user's number. One line, at
 * most 200 characters.
 */
export function operatorName(
  env: NodeJS.ProcessEnv = process.env,
  user: () => { readonly username: string } = userInfo,
): string {
  const given = oneLine(env["LOTMINT_OPERATOR"] ?? "");
  return given === "" ? oneLine(userName(user)) : given;
}

function oneLine(text: string): string {
  return Array.from(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim())
    .slice(0, LONGEST)
    .join("");
}

/** A container may run under a number that has no name. */
function userName(user: () => { readonly username: string }): string {
  try {
    return user().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}
