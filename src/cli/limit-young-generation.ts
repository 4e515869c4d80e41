import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, type HeapSpaceInfo, setFlagsFromString } from "node:v8";

/** Both halves of the young generation together; as much as --max-semi-space-size=8 gives them. */
const ENOUGH_BYTES = 12 * 1024 * 1024;

/**
 * Keeps the young generation of this thread's heap near 16 MB, where V8 would let it grow to 64: a long lot makes much
 * that is short-lived, and gains nothing by more. The size that --max-semi-space-size sets is fixed when a process
 * begins; how fast it grows is not, so growing ends once there is enough. Calls after the first change nothing.
 */
export function limitYoungGeneration(heap: HeapTools = V8): void {
  if (limited.has(heap)) return;
  limited.add(heap);
  const observer = new PerformanceObserver(() => {
    const young = heap.spaces().find((space) => space.space_name === "new_space");
    if (young === undefined || young.space_size < ENOUGH_BYTES) return;
    heap.setFlag("--semi-space-growth-factor=1");
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}

interface HeapTools {
  readonly spaces: () => readonly Pick<HeapSpaceInfo, "space_name" | "space_size">[];
  readonly setFlag: (flag: string) => void;
}

const V8: HeapTools = { spaces: getHeapSpaceStatistics, setFlag: setFlagsFromString };
const limited = new WeakSet<HeapTools>();
