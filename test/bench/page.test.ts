import { test } from "vitest";
import { mayBrowse } from "../fixtures/browser.ts";
import { figuresOf, runBench } from "./run-bench.ts";

test.skipIf(!mayBrowse)("bench:page tells the first paint and what an update costs browser and server", async () => {
  const text = await runBench("page", "--lots", "60", "--devices", "2", "--updates", "3");
  figuresOf(text, "60 lots of 2 devices", 1);
  figuresOf(text, "first paint:", 1);
  figuresOf(text, "first paint again:", 1);
  figuresOf(text, "an update in the browser:", 1);
  figuresOf(text, "an update in the server:", 1);
});
