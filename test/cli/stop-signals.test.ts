import { constants } from "node:os";
import { expect, test } from "vitest";
import { stopSignals } from "../../src/cli/stop-signals.ts";

test("a service manager's SIGTERM stops a run in good order, and on Windows Ctrl-Break and a closed console do", () => {
  expect(stopSignals("linux")).toEqual(["SIGINT", "SIGTERM"]);
  expect(stopSignals("win32")).toEqual(["SIGINT", "SIGBREAK", "SIGHUP"]);
  for (const signal of stopSignals()) expect(constants.signals).toHaveProperty(signal);
});
