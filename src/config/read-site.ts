import { lstatSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { inputError } from "../disk/disk-error.ts";
import type { Home } from "../disk/layout.ts";
import type { HsmSite } from "../domain/hsm.ts";
import { type PlatformSite, type Site, WATCH_EVENTS, type WebhookSite } from "../domain/job.ts";
import type { KeyPoolSite } from "../domain/key-pool.ts";
import { type ConfigProblem, type KeyPath, type Locate, refuse, throwProblems } from "./config-error.ts";
import { checkAgainst } from "./describe-issues.ts";
import { parseTimeMs } from "./durations.ts";
import { fileProblem } from "./is-file.ts";
import type { JobInput } from "./job-schema.ts";
import { readYaml } from "./read-yaml.ts";
import { resolvePaths } from "./resolve-paths.ts";
import { resolveProfile } from "./resolve-profile.ts";
import { type SiteInput, siteSchema } from "./site-schema.ts";

/** lotmint.yaml, with what jobs take from it. */
export interface SiteFile extends Site {
  /** Job keys for all jobs, their paths absolute. */
  readonly defaults: JobInput;
  /** Where a key of `defaults` stands. */
  readonly locateDefault: Locate;
}

const SHOWN = "lotmint.yaml";

/**
 * The site's configuration; without a lotmint.yaml, all its defaults. Throws `usage` with every error,
 * a line each. A file that the site names has to be there.
 */
export function readSite(home: Home, nowMs: number = Date.now()): SiteFile {
  const { value, locate } = isNamed(home.siteFile) ? readYaml(home.siteFile, SHOWN) : EMPTY;
  const checked = checkAgainst(siteSchema, value);
  if ("problems" in checked) return refuse(checked.problems, locate);
  const problems: ConfigProblem[] = [];
  const site = resolveSite(checked.value, dirname(home.siteFile), nowMs, problems);
  throwProblems(problems, locate);
  return { ...site, locateDefault: (path) => locate(["defaults", ...path]) };
}

/** A link to a file that is gone or may not be read is no missing file: its settings were meant to hold. */
function isNamed(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw inputError(error, path);
  }
}

const EMPTY = { value: {}, locate: () => ({ file: SHOWN, line: 1, key: "" }) };

function resolveSite(
  input: SiteInput,
  folder: string,
  nowMs: number,
  problems: ConfigProblem[],
): Site & { readonly defaults: JobInput } {
  const profiles = Object.entries(input.profiles ?? {}).map(([name, profile]) => [
    name,
    resolveProfile(name, profile, { path: ["profiles", name], nowMs, problems }),
  ]);
  if (input.idRule !== undefined && !isPattern(input.idRule)) {
    problems.push({ path: ["idRule"], message: "is not a regular expression" });
  }
  return {
    ...(input.platform !== undefined && { platform: resolvePlatform(input.platform, folder, problems) }),
    profiles: Object.fromEntries(profiles),
    ...(input.idRule !== undefined && { idRule: input.idRule }),
    maxChain: input.maxChain ?? 10,
    lotsAtOnce: input.lotsAtOnce ?? 1,
    settleMs: parseTimeMs(input.settle ?? "5s"),
    ...(input.webhook !== undefined && { webhook: resolveWebhook(input.webhook, folder, problems) }),
    ...(input.keyPool !== undefined && { keyPool: definedOf(input.keyPool) }),
    ...(input.hsm !== undefined && { hsm: resolveHsm(input.hsm, folder) }),
    defaults: resolvePaths(input.defaults ?? {}, folder),
  };
}

/** Keys that are not asked for are left out. */
function definedOf(keyPool: NonNullable<SiteInput["keyPool"]>): KeyPoolSite {
  return Object.fromEntries(Object.entries(keyPool).filter(([, keys]) => keys !== undefined));
}

/**
 * Whether the module is there is asked when a key in it is needed: nothing else does. A bare file name is looked for by
 * the system's loader.
 */
function resolveHsm({ module, sessions, initArgs }: NonNullable<SiteInput["hsm"]>, folder: string): HsmSite {
  return {
    module: /[/\\]/.test(module) ? resolve(folder, module) : module,
    sessions: sessions ?? 4,
    ...(initArgs !== undefined && { initArgs }),
  };
}

function resolvePlatform(
  input: NonNullable<SiteInput["platform"]>,
  folder: string,
  problems: ConfigProblem[],
): PlatformSite {
  const wrong = addressProblem(input.url);
  if (wrong !== undefined) problems.push({ path: ["platform", "url"], message: wrong });
  const caFile = resolveCaFile(input.caFile, ["platform", "caFile"], folder, problems);
  return {
    url: input.url.replace(/\/+$/, ""),
    ...(input.tenant !== undefined && { tenant: input.tenant }),
    ...(input.user !== undefined && { user: input.user }),
    deviceTokenPort: input.deviceTokenPort ?? 8443,
    mqttPort: input.mqttPort ?? 8883,
    ...(caFile !== undefined && { caFile }),
    timeoutMs: parseTimeMs(input.timeout ?? "5m"),
  };
}

function resolveWebhook(
  { url, events, caFile }: NonNullable<SiteInput["webhook"]>,
  folder: string,
  problems: ConfigProblem[],
): WebhookSite {
  const wrong = webhookProblem(url);
  if (wrong !== undefined) problems.push({ path: ["webhook", "url"], message: wrong });
  const ca = resolveCaFile(caFile, ["webhook", "caFile"], folder, problems);
  return { url, events: events ?? WATCH_EVENTS, ...(ca !== undefined && { caFile: ca }) };
}

function resolveCaFile(
  caFile: string | undefined,
  path: KeyPath,
  folder: string,
  problems: ConfigProblem[],
): string | undefined {
  if (caFile === undefined) return undefined;
  const file = resolve(folder, caFile);
  const message = fileProblem(file);
  if (message !== undefined) problems.push({ path, message });
  return file;
}

/** Signed but not secret: in the clear it may go to this machine only. A path and a query are the receiver's own. */
function webhookProblem(address: string): string | undefined {
  if (!URL.canParse(address)) return "is no address; expected one such as https://mes.example.com/lotmint";
  const { protocol, hostname, username, password } = new URL(address);
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && loopback)) {
    return "must start with https://; http:// is for this machine only";
  }
  return username !== "" || password !== "" ? "must not hold a login; events are signed instead" : undefined;
}

/** What is wrong with a platform's address, undefined when nothing is. It is not repeated in the message: somebody may have put a password into it. */
export function addressProblem(address: string): string | undefined {
  if (!URL.canParse(address)) return "is no address; expected one such as https://acme.cumulocity.com";
  const url = new URL(address);
  if (url.protocol !== "https:") return "must start with https://, since passwords and registrations go over it";
  if (url.username !== "" || url.password !== "") {
    return "must not hold a login; use user and LOTMINT_PLATFORM_PASSWORD";
  }
  if (url.search !== "" || url.hash !== "") return "must end before any ? or #";
  return undefined;
}

function isPattern(source: string): boolean {
  try {
    new RegExp(`^(?:${source})$`, "u");
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
