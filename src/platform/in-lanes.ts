/**
 * Works on items side by side, so many at a time, and takes the next one only when a lane is free. Work that gives
 * "stop" or throws ends it: what is under way is waited for, nothing new is begun, and the first error is thrown.
 */
export async function inLanes<Item>(
  items: AsyncIterable<Item> | Iterable<Item>,
  lanes: number,
  // biome-ignore lint/suspicious/noConfusingVoidType: most work has nothing to say.
  work: (item: Item) => Promise<"stop" | void>,
): Promise<void> {
  const source = oneByOne(items);
  const errors: unknown[] = [];
  let stopped = false;
  const lane = async () => {
    while (!stopped) {
      const next = await source.next();
      if (next.done === true || stopped) return;
      if ((await work(next.value)) === "stop") stopped = true;
    }
  };
  const guarded = () =>
    lane().catch((error: unknown) => {
      stopped = true;
      errors.push(error);
    });
  await Promise.all(Array.from({ length: lanes }, guarded));
  await source.return(undefined);
  if (errors.length > 0) throw errors[0];
}

/** A generator answers calls that come together one after the other. */
async function* oneByOne<Item>(items: AsyncIterable<Item> | Iterable<Item>): AsyncGenerator<Item, void, undefined> {
  yield* items;
}
