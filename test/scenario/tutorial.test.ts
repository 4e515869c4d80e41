import { spawn, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TEXT = readFileSync(join(ROOT, "docs", "tutorial.md"), "utf8");
const LOT = "L2026-47-A";
const IDS = ["ACM-TH20-000001", "ACM-TH20-000002", "ACM-TH20-000003"];
const noOpenssl = spawnSync("openssl", ["version"]).status !== 0 && !process.env["CI"];

/** The blocks that the reader is told to run. */
const BLOCKS = Array.from(TEXT.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, block = ""]) => block);

describe.skipIf(noOpenssl)("docs/tutorial.md (with openssl; skipped where it is not installed)", () => {
  let folder: string;
  let ended: { readonly code: number | null; readonly output: string };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lotmint-tutorial-"));
    ended = await runScript(folder, await onFreePorts(BLOCKS.join("\n")));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const device = (id: string, name: string) => join(folder, "home", "output", LOT, "devices", id, name);

  test("its commands run as they stand, one after the other", () => {
    expect(BLOCKS.length).toBeGreaterThan(8);
    expect(ended).toMatchObject({ code: 0, output: expect.stringContaining("revoked") });
    expect(ended.output).toContain("3 of 3 devices connected with their own keystores: 3 accepted at both endpoints");
  });

  test("they name every command on the way that the design has for it", () => {
    for (const command of [
      "authority create",
      "truststore fetch",
      "plan",
      "run",
      "check",
      "authority upload",
      "authority prove",
      "submit",
      "rehearse",
      "revoke",
    ]) {
      expect(BLOCKS.join("\n")).toContain(`lotmint ${command} `);
    }
  });

  test("what the text says stands in a device's folder is there, and openssl finds its way up the chain", () => {
    const files = ["certificate.pem", "chain.pem", "keystore.jks", "keystore.p12"];
    const truststores = ["truststore.jks", "truststore.p12", "truststore.pem"];
    for (const id of IDS) {
      expect(readdirSync(join(device(id, ".."), id)).sort()).toEqual([...files, ...truststores]);
      const { subject } = new X509Certificate(readFileSync(device(id, "certificate.pem")));
      expect(subject).toContain(`CN=${id}`);
    }
    const [id = ""] = IDS;
    const anchor = join(folder, "home", "state", "authorities", "acme-root", "certificate.pem");
    const chain = device(id, "chain.pem");
    const verified = spawnSync("openssl", [
      "verify",
      "-CAfile",
      anchor,
      "-untrusted",
      chain,
      device(id, "certificate.pem"),
    ]);
    expect(verified.stdout.toString()).toMatch(/OK\n$/);
    const passwords = readFileSync(join(folder, "home", "output", LOT, "secrets", "passwords.csv"), "utf8");
    const password = new RegExp(`^${id},(.*)$`, "m").exec(passwords)?.[1] ?? "";
    const opened = spawnSync("openssl", [
      "pkcs12",
      "-in",
      device(id, "keystore.p12"),
      "-noenc",
      "-passin",
      `pass:${password}`,
    ]);
    expect(opened.stdout.toString()).toContain("friendlyName: devicekeyentry");
  });
});

/** The text's ports may be taken on this machine: others stand in for them, and nothing else is changed. */
async function onFreePorts(script: string): Promise<string> {
  let changed = script;
  for (const port of ["9443", "8443", "8883"]) changed = changed.replaceAll(port, String(await freePort()));
  return changed;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function runScript(cwd: string, script: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
    cwd,
    // A group of its own, so that a sandbox that a failure left behind ends with it.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: `${join(ROOT, "bin")}:${process.env["PATH"] ?? ""}`, HOME: cwd },
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      try {
        process.kill(-(child.pid ?? 0), "SIGKILL");
      } catch {
        // Nothing was left of it.
      }
    });
    child.once("close", (code) => resolve({ code, output }));
  });
}
