import { readFileSync } from "node:fs";
import { pid } from "node:process";
import { readAuthority } from "../../authority/load-authority.ts";
import { authorityLayout, sandboxLayout } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { holdAlone } from "../../ledger/sqlite/hold-alone.ts";
import {
  openSandboxRecord,
  type SandboxPorts,
  type SandboxRecord,
  sandboxPassword,
  writeSandboxRecord,
} from "../../sandbox/sandbox-record.ts";
import { type RunningSandbox, startSandbox } from "../../sandbox/serve-sandbox.ts";
import type { CliContext } from "../context.ts";

export interface SandboxArguments {
  /** 0: the one from before, else one that is free. The same goes for the two below. */
  readonly port: number;
  readonly deviceTokenPort: number;
  readonly mqttPort: number;
  readonly trust: readonly string[];
}

const SANDBOX_USER = "admin";

/**
 * `lotmint sandbox`: runs until a signal. Ports, password, the server's certificate and the trusted certificates are kept in
 * state/sandbox/, so that the next one goes on with them; a port that is taken meanwhile is told, and another one
 * is used. LOTMINT_PLATFORM_PASSWORD, where it is given, is the password and is not kept. One sandbox to a home, else `lot-held`.
 */
export async function runSandbox(args: SandboxArguments, context: CliContext): Promise<number> {
  const { home, log } = context;
  const trust = args.trust.map((name) => {
    readAuthority(home, name);
    return readFileSync(authorityLayout(home, name).certificate, "utf8");
  });
  const layout = sandboxLayout(home);
  const lock = holdAlone(layout.lock, pid, `runs the sandbox of ${home.root}`);
  try {
    const { record, renewed } = await openSandboxRecord(home, context.now());
    if (renewed) log.warn(`the sandbox has a new server certificate: pin ${layout.ca} again where it is pinned`);
    const given = context.secrets.platformPassword();
    const password = given ?? sandboxPassword(home);
    let kept = record;
    const sandbox = await startSandbox({
      port: args.port,
      deviceTokenPort: args.deviceTokenPort,
      mqttPort: args.mqttPort,
      trust,
      portsBefore: record.ports,
      identity: record.identity,
      trustBefore: record.trust,
      onTrust: (certificates) => {
        kept = { ...kept, trust: certificates };
        keepRecord(kept, context);
      },
      users: [{ userName: SANDBOX_USER, password }],
    });
    try {
      const { url, port, deviceTokenPort, mqttPort, tenant } = sandbox;
      tellTakenPorts(args, record.ports, sandbox, context);
      kept = { ...kept, ports: { port, deviceTokenPort, mqttPort } };
      writeSandboxRecord(home, kept);
      const login = given === undefined ? { password, passwordFile: layout.password } : {};
      context.printJson({
        url,
        port,
        deviceTokenPort,
        mqttPort,
        tenant,
        user: SANDBOX_USER,
        ...login,
        caFile: layout.ca,
      });
      context.print(sandboxText(sandbox, layout, given !== undefined, isConfigured(sandbox, context)));
      await aborted(context.signal);
      return 0;
    } finally {
      await sandbox.close();
    }
  } finally {
    lock.release();
  }
}

/** A disk that is full ends no sandbox: what is not kept is forgotten with its process, as everything else. */
function keepRecord(record: SandboxRecord, { home, log }: CliContext): void {
  try {
    writeSandboxRecord(home, record);
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    log.warn(`the sandbox cannot save its trusted certificates: ${error.message}`);
  }
}

/** A port that was not asked for otherwise and is not the one from before was taken. */
function tellTakenPorts(asked: SandboxPorts, before: SandboxPorts, now: SandboxPorts, { home, log }: CliContext): void {
  for (const name of ["port", "deviceTokenPort", "mqttPort"] as const) {
    if (asked[name] !== 0 || before[name] === now[name]) continue;
    log.warn(
      `port ${before[name]} is taken by another program; the sandbox uses ${now[name]} instead: change it in ${home.siteFile}`,
    );
  }
}

/** Whether lotmint.yaml names this sandbox already. One that cannot be read does not. */
function isConfigured({ url, deviceTokenPort, mqttPort }: RunningSandbox, context: CliContext): boolean {
  try {
    const { platform } = context.site();
    return platform?.url === url && platform.deviceTokenPort === deviceTokenPort && platform.mqttPort === mqttPort;
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return false;
  }
}

function sandboxText(
  { url, deviceTokenPort, mqttPort, tenant }: RunningSandbox,
  { ca, password }: { readonly ca: string; readonly password: string },
  isGiven: boolean,
  isNamed: boolean,
): string {
  const site = isNamed
    ? "lotmint.yaml names it already."
    : `For lotmint.yaml:

platform:
${sandboxSiteLines({ url, tenant, deviceTokenPort, mqttPort, caFile: ca })}`;
  const login = isGiven
    ? "The password is what LOTMINT_PLATFORM_PASSWORD holds."
    : `The password is in a file; for the runs that shall use it:\nexport LOTMINT_PLATFORM_PASSWORD_FILE=${password}`;
  return `The sandbox platform listens on ${url} until it is stopped with Ctrl-C. Run the other commands in a second terminal.
${site}

${login}

Faults on demand: POST a list of rules to ${url}/sandbox/faults`;
}

/** The sandbox's lines below `platform:` in lotmint.yaml. */
export function sandboxSiteLines(sandbox: {
  readonly url: string;
  readonly tenant: string;
  readonly deviceTokenPort: number;
  readonly mqttPort: number;
  readonly caFile: string;
}): string {
  return `  url: ${sandbox.url}
  tenant: ${sandbox.tenant}
  user: ${SANDBOX_USER}
  deviceTokenPort: ${sandbox.deviceTokenPort}
  mqttPort: ${sandbox.mqttPort}
  caFile: ${JSON.stringify(sandbox.caFile)}`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
