/** True when TERM names a terminal that obeys no control sequences, or none at all. */
export function isDumbTerminal(env: NodeJS.ProcessEnv = process.env, platform: string = process.platform): boolean {
  // Windows' consoles obey them, and set no TERM.
  return env["TERM"] === "dumb" || (platform !== "win32" && (env["TERM"] ?? "") === "");
}
