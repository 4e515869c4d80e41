import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { makeServerIdentity } from "../../src/sandbox/trust/sandbox-certificate.ts";

export const hasMosquitto = spawnSync("mosquitto", ["-h"]).error === undefined;

export interface Mosquitto {
  readonly port: number;
  /** The authority behind its certificate, PEM. */
  readonly caPem: string;
  /** What it has logged so far. */
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/** A real broker that accepts clients that have a certificate under `anchorPem`, under the name that stands in it. */
export async function startMosquitto(anchorPem: string): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-mosquitto-"));
  const identity = makeServerIdentity(Date.now());
  const port = await freePort();
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const config = [
    `user ${userInfo().username}`,
    "log_type all",
    "log_dest stderr",
    "allow_anonymous false",
    `listener ${port} 127.0.0.1`,
    `cafile ${write("anchor.pem", anchorPem)}`,
    `certfile ${write("server.pem", identity.certificatePem)}`,
    `keyfile ${write("server.key", identity.keyPem)}`,
    "require_certificate true",
    "use_identity_as_username true",
  ];
  const child = spawn("mosquitto", ["-c", write("mosquitto.conf", `${config.join("\n")}\n`)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  const close = async () => {
    const ended = new Promise((resolve) => child.once("close", resolve));
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
      if (/mosquitto version .* running/.test(log)) resolve();
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(`mosquitto has ended: ${log}`)));
  });
  return { port, caPem: identity.caPem, log: () => log, close };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
