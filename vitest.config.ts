import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { defineConfig } from "vitest/config";

// Kills are real, power cuts are not: what is synced hundreds of times goes to memory where there is some.
const memory = "/dev/shm";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 2,
    // Java writes and reads names by the locale.
    env: { TMPDIR: existsSync(memory) ? memory : tmpdir(), LC_ALL: "C.UTF-8" },
    reporters: process.env["CI"] ? ["verbose"] : ["default"],
  },
});
