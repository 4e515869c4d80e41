import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

/**
 * `npm run screenshots`: makes the pictures of docs/operator.md from the real page of a watcher on a made-up home, in
 * Debian's Chromium. No platform is needed.
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const pictures = join(root, "docs", "pictures");
const home = mkdtempSync(join(tmpdir(), "lotmint-screenshots-"));
const env = { ...process.env, LOTMINT_PASSPHRASE: "a passphrase for pictures" };
const command = (...args: string[]) => [join(root, "src/main.ts"), "--home", home, ...args];

function lotmint(...args: string[]): Promise<number> {
  const child = spawn(process.execPath, command(...args), { env, stdio: ["ignore", "ignore", "inherit"] });
  return new Promise((resolve) => child.once("close", (code) => resolve(code ?? 1)));
}

function manifest(prefix: string, rows: number, more = ""): string {
  const lines = Array.from({ length: rows }, (_, index) => `${prefix}-${String(index + 1).padStart(5, "0")}\n`);
  return `id\n${lines.join("")}${more}`;
}

try {
  for (const args of [["root"], ["line-3", "--issuer", "root"]]) await lotmint("authority", "create", ...args);
  for (const folder of ["input", "jobs"]) mkdirSync(join(home, folder), { recursive: true });
  writeFileSync(join(home, "lotmint.yaml"), "settle: 100ms\n");
  writeFileSync(join(home, "jobs", "sensors.yaml"), "manifest: ../input/*.csv\nissuer: line-3\ntakt: 12s\n");
  writeFileSync(join(home, "input", "L2026-45.csv"), manifest("ACM-45", 400));
  writeFileSync(join(home, "input", "L2026-46.csv"), manifest("ACM-46", 300, "ACM/46\nACM-46-00001\n"));
  await lotmint("watch", "--once");

  const watcher = spawn(process.execPath, command("--json", "watch", "--page", "127.0.0.1:0"), {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    watcher.stdout
      .setEncoding("utf8")
      .once("data", (line: string) => resolve((JSON.parse(line) as { page: string }).page));
    watcher.once("close", (code) => reject(new Error(`the watcher ended with ${code}`)));
  });
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium" });
  const page = await browser.newPage({ locale: "en-GB", viewport: { width: 1440, height: 1000 } });
  const shoot = (name: string) => page.screenshot({ path: join(home, name), animations: "disabled" });
  await page.goto(url);
  await page.getByLabel("Manifest").setInputFiles({
    name: "L2026-47.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(manifest("ACM-47", 20_000, "ACM/47\n")),
  });
  await page.getByRole("button", { name: "Start", exact: true }).waitFor();
  await shoot("page-preview.png");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.locator('[data-lot="L2026-47"][data-state="running"] .left').waitFor();
  await shoot("page-lots.png");
  await page.getByRole("link", { name: "L2026-46", exact: true }).click();
  await page.getByRole("region", { name: "Rejected rows" }).waitFor();
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot("page-lot.png");
  await browser.close();
  watcher.removeAllListeners("close");
  watcher.kill("SIGTERM");
  await new Promise((resolve) => watcher.once("close", resolve));
  mkdirSync(pictures, { recursive: true });
  for (const name of ["page-preview.png", "page-lots.png", "page-lot.png"])
    cpSync(join(home, name), join(pictures, name));
} finally {
  rmSync(home, { recursive: true, force: true });
}
