import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { PASSPHRASE, programPath } from "./harness.ts";
import { mayMount } from "./small-disk.ts";

/** A watcher with its page on a file system of its own, so many MB small. */
async function watchOnSmallDisk(megabytes: number): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "lotmint-small-"));
  const script = `mount -t tmpfs -o size=${megabytes}m none "$2" && "$0" "$1" --home "$2" authority create line >/dev/null 2>&1 && mkdir -p "$2/input" && exec "$0" "$1" --home "$2" --json watch --page 127.0.0.1:0`;
  const env = { ...process.env, LOTMINT_PASSPHRASE: PASSPHRASE };
  const child = spawn("unshare", ["-rm", "sh", "-c", script, process.execPath, programPath(), home], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
    rmSync(home, { recursive: true, force: true });
  });
  return new Promise((resolve, reject) => {
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const [, page] = /"page":"([^"]+)"/.exec(text) ?? [];
      if (page !== undefined) resolve(page);
    });
    void ended.then(() => reject(new Error(said)));
  });
}

test.skipIf(!mayMount())(
  "an upload that fills the disk is told, leaves nothing, and the next one is taken",
  async () => {
    const url = await watchOnSmallDisk(24);
    const handIn = async (octets: number) => {
      const form = new FormData();
      form.append("manifest", new Blob([Buffer.alloc(octets, "ACM-1\n")]), "L1.csv");
      const headers = { origin: new URL(url).origin, accept: "application/json" };
      const answer = await fetch(new URL("/manifests", url), { method: "POST", body: form, headers });
      return {
        status: answer.status,
        body: (await answer.json()) as { error?: string; message?: string; file?: string },
      };
    };
    const full = await handIn(40 * 1024 * 1024);
    expect(full).toMatchObject({
      status: 507,
      body: { error: "disk-full", message: expect.stringMatching(/space|full/) },
    });
    expect((await fetch(new URL("/healthz", url))).status).toBe(200);
    // What was written is away: the half of the disk is free again.
    expect(await handIn(12 * 1024 * 1024)).toMatchObject({ status: 201, body: { file: "L1.csv" } });
  },
);
