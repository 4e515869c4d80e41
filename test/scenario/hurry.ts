import { syncBuiltinESMExports } from "node:module";
import timers from "node:timers/promises";

/**
 * A preload (`node --import`) for the real program: its pauses between tries, and those that a platform
 * asks for, last a hundredth of their time.
 * Deadlines and everything else keep theirs.
 */
const pause = timers.setTimeout;
timers.setTimeout = (ms, value, options) => pause((ms ?? 0) / 100, value, options);
syncBuiltinESMExports();
