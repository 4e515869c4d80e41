/** glibc's name for the most arenas that malloc(3) may have, from malloc.h. */
const M_ARENA_MAX = -8;
/** As many as `MALLOC_ARENA_MAX` in the units of deploy/. */
const ARENAS = 2;

/**
 * Keeps glibc's malloc(3) to two arenas, as MALLOC_ARENA_MAX=2 does when a process begins: each further one keeps memory
 * that no thread uses any more. For threads that begin after the call. Returns false where there is nothing to limit: no
 * `node:ffi` (before Node.js 26), or a C library without mallopt(3).
 */
export function limitArenas(): boolean {
  if (process.platform !== "linux") return false;
  const { emitWarning } = process;
  // Node.js tells on stderr that the interface is experimental, which no operator can do anything about.
  process.emitWarning = () => undefined;
  try {
    const ffi = process.getBuiltinModule("node:ffi") as typeof import("node:ffi") | undefined;
    if (ffi === undefined) return false;
    const { functions } = ffi.dlopen(null, { mallopt: { arguments: ["i32", "i32"], return: "i32" } });
    return functions.mallopt(M_ARENA_MAX, ARENAS) === 1;
  } catch {
    return false;
  } finally {
    process.emitWarning = emitWarning;
  }
}
