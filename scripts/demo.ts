import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The main job on a machine that has nothing yet: a root and an intermediate, the sandbox platform over TLS
 * on loopback, and jobs/demo.yaml on input/demo.csv. Ends with 0 when the lot ended as it should; a second
 * time there is nothing left to do, and it ends with 0 again.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const siteFile = join(root, "lotmint.yaml");
const MARK = "# Written by npm run demo, and removed when it ends.";
/** The manifest has rows with mistakes in them, so the lot ends with some rejected. */
const EXPECTED_EXIT = 3;

if (existsSync(siteFile) && !readFileSync(siteFile, "utf8").startsWith(MARK)) {
  console.error("There is a lotmint.yaml already. The demo would have to replace it: run it in a fresh clone.");
  process.exit(2);
}

const folder = join(root, "state", "demo");
mkdirSync(folder, { recursive: true, mode: 0o700 });
const passphraseFile = join(folder, "passphrase");
if (!existsSync(passphraseFile)) writeFileSync(passphraseFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
const env = {
  ...process.env,
  LOTMINT_HOME: root,
  LOTMINT_PASSPHRASE_FILE: passphraseFile,
  LOTMINT_PLATFORM_PASSWORD: randomBytes(18).toString("base64url"),
};

function lotmint(...args: string[]) {
  console.log(`\n$ lotmint ${args.join(" ")}`);
  return new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "src/main.ts"), ...args], { env, cwd: root, stdio: "inherit" });
    child.once("error", reject);
    child.once("close", (code) => resolve(code ?? 1));
  });
}

async function must(expected: number, ...args: string[]): Promise<void> {
  const code = await lotmint(...args);
  if (code !== expected) throw new Error(`lotmint ${args[0]} ended with ${code} instead of ${expected}`);
}

/** Starts the sandbox and waits until it says where it listens. */
async function startSandbox() {
  console.log("\n$ lotmint sandbox &");
  const child = spawn(process.execPath, [join(root, "src/main.ts"), "sandbox", "--json", "--log-level", "error"], {
    env,
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
      if (text.includes("\n")) resolve(text);
    });
    child.once("close", (code) => reject(new Error(`the sandbox ended with ${code}`)));
  });
  const sandbox = JSON.parse(line) as {
    url: string;
    user: string;
    tenant: string;
    caFile: string;
    deviceTokenPort: number;
    mqttPort: number;
  };
  console.log(`The sandbox platform listens on ${sandbox.url}`);
  return { ...sandbox, stop: () => child.kill("SIGTERM") };
}

const sandbox = await startSandbox();
try {
  writeFileSync(
    siteFile,
    `${MARK}\nplatform:\n  url: ${sandbox.url}\n  tenant: ${sandbox.tenant}\n  user: ${sandbox.user}\n  deviceTokenPort: ${sandbox.deviceTokenPort}\n  mqttPort: ${sandbox.mqttPort}\n  caFile: ${JSON.stringify(sandbox.caFile)}\n`,
  );
  if (!existsSync(join(root, "state/authorities/demo-root"))) {
    await must(0, "authority", "create", "demo-root", "--subject", "CN=Demo Root,O=Acme GmbH,C=DE");
  }
  if (!existsSync(join(root, "state/authorities/demo-line-1"))) {
    await must(
      0,
      "authority",
      "create",
      "demo-line-1",
      "--issuer",
      "demo-root",
      "--subject",
      "CN=Demo Line 1,O=Acme GmbH,C=DE",
    );
  }
  await must(0, "authority", "upload", "demo-root", "--prove");
  const isNew = !existsSync(join(root, "output/demo/report.json"));
  await must(EXPECTED_EXIT, "run", "demo");
  await must(0, "check", "demo");
  await must(0, "receipt", "demo");
  // The sandbox forgets devices when it ends: only the run that registered the devices finds them there.
  if (isNew) await must(0, "rehearse", "demo", "--sample", "10");
  console.log(`
The lot has ended as it should: 300 devices, and 7 rows with mistakes in rejects.csv.
Look at:
  output/demo/report.html             the report; open it in a browser
  output/demo/devices/                a folder with keystore and chain for each device
  output/demo/secrets/passwords.csv   the keystores' passwords
  output/demo/registration/           what was sent to the platform
  output/demo/rejects.csv             the rows to correct
Open a keystore:
  id=ACM-TH2026470001
  openssl pkcs12 -in output/demo/devices/$id/keystore.p12 -info -noenc \\
    -passin pass:$(grep "^$id," output/demo/secrets/passwords.csv | cut -d, -f2)`);
} catch (error) {
  console.error(`\nThe demo did not end as it should: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  sandbox.stop();
  rmSync(siteFile, { force: true });
}
