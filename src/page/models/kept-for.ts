/**
 * Asks `read` again only once its last answer is `goodForMs` old; until then all get that one, also those who ask while it is
 * being read. A failure is told to them and not kept. `monotonic`: milliseconds of a clock that does not jump.
 */
export function keptFor<T>(goodForMs: number, monotonic: () => number, read: () => Promise<T>): () => Promise<T> {
  let kept: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return () => {
    if (kept !== undefined && monotonic() - kept.atMs < goodForMs) return kept.answer;
    const reading = { atMs: monotonic(), answer: read() };
    kept = reading;
    reading.answer.catch(() => {
      if (kept === reading) kept = undefined;
    });
    return reading.answer;
  };
}
