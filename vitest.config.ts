import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { defineConfig } from "vitest/config";

// Kills are real, power cuts are not: what is synced hundreds of times goes to memory where there is some.
const memory = "/dev/shm";
const scenarios = "test/scenario/**/*.test.ts";

export default defineConfig({
  test: {
    // Far above what any test takes, also on a machine that is busy with something else.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    pool: "forks",
    maxWorkers: 2,
    // Java writes and reads names by the locale.
    env: { TMPDIR: existsSync(memory) ? memory : tmpdir(), LC_ALL: "C.UTF-8" },
    reporters: process.env["CI"] ? ["verbose"] : ["default"],
    projects: [
      {
        extends: true,
        // They leave nothing behind in their process, so one process runs many files.
        test: { name: "units", include: ["test/**/*.test.ts"], exclude: [scenarios], isolate: false },
      },
      {
        extends: true,
        test: { name: "scenarios", include: [scenarios], globalSetup: "test/scenario/set-up.ts", isolate: false },
      },
    ],
  },
});
