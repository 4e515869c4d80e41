/**
 * Signals that ask this program to stop in good order. Windows knows no SIGTERM: whoever ends a process there ends it at
 * once, as SIGKILL does. Ctrl-Break is SIGBREAK, and a closed console is SIGHUP, after which Windows waits some seconds.
 */
export function stopSignals(system: NodeJS.Platform = process.platform): readonly NodeJS.Signals[] {
  return system === "win32" ? ["SIGINT", "SIGBREAK", "SIGHUP"] : ["SIGINT", "SIGTERM"];
}
