import { expect, test } from "vitest";
import { readRecords } from "../../src/manifest/read-records.ts";

async function* pieces(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function errorOf(...texts: readonly string[]): Promise<string> {
  try {
    for await (const _rows of readRecords(pieces(...texts), "m.csv", "id"));
  } catch (error) {
    return (error as Error).message;
  }
  return "no error";
}

// The place is counted from a field that csv-parse keeps for itself (`state.record`): an edition that calls it
// otherwise would say column 1 for all of these.
test("an error in the CSV is told with the column that csv-parse had come to, and the lines of the cells before it", async () => {
  expect(await errorOf('id,a,b,c\n1,2,3,"x"y"\n')).toMatch(/^m\.csv, line 2, column 4: /);
  expect(await errorOf('id,a,b,c\n1,"2\n2",3,4" pipe\n')).toMatch(/^m\.csv, line 3, column 4: /);
  expect(await errorOf("id,a,b,c\n1,2", ',"never closed\n')).toMatch(/^m\.csv, line 2, column 3: /);
});
