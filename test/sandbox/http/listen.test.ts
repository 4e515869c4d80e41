import { createServer } from "node:net";
import { expect, test } from "vitest";
import { listen } from "../../../src/sandbox/http/listen.ts";

test("a port that is taken is a usage fault that names it; 0 takes one that is free", async () => {
  const first = createServer();
  const port = await listen(first, "127.0.0.1", 0);
  const second = listen(createServer(), "127.0.0.1", port);
  await expect(second).rejects.toMatchObject({ code: "usage", message: expect.stringContaining(`port ${port}`) });
  await new Promise((resolve) => first.close(resolve));
});
