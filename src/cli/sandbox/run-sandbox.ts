import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readAuthority } from "../../authority/load-authority.ts";
import { ensureFolder, PRIVATE_FOLDER, replaceShared } from "../../disk/durable.ts";
import { authorityLayout } from "../../disk/layout.ts";
import { type RunningSandbox, startSandbox } from "../../sandbox/serve-sandbox.ts";
import type { CliContext } from "../context.ts";

export interface SandboxArguments {
  readonly port: number;
  readonly deviceTokenPort: number;
  readonly mqttPort: number;
  readonly trust: readonly string[];
}

const USER = "admin";

/**
 * `lotmint sandbox`: runs until a signal. Its user's password is LOTMINT_PLATFORM_PASSWORD where that is
 * given, so that a run beside it can log in; else a new one, which is printed.
 */
export async function runSandbox(args: SandboxArguments, context: CliContext): Promise<number> {
  const trust = args.trust.map((name) => {
    readAuthority(context.home, name);
    return readFileSync(authorityLayout(context.home, name).certificate, "utf8");
  });
  const given = context.secrets.platformPassword();
  const password = given ?? randomBytes(18).toString("base64url");
  const sandbox = await startSandbox({
    port: args.port,
    deviceTokenPort: args.deviceTokenPort,
    mqttPort: args.mqttPort,
    trust,
    users: [{ userName: USER, password }],
  });
  try {
    const folder = join(context.home.state, "sandbox");
    ensureFolder(context.home.state, PRIVATE_FOLDER);
    ensureFolder(folder, PRIVATE_FOLDER);
    const caFile = join(folder, "ca.pem");
    replaceShared(caFile, sandbox.caPem);
    const { url, port, deviceTokenPort, mqttPort, tenant } = sandbox;
    const shown = given === undefined ? { password } : {};
    context.printJson({ url, port, deviceTokenPort, mqttPort, tenant, user: USER, ...shown, caFile });
    context.print(sandboxText({ ...sandbox, caFile }, given === undefined ? password : undefined));
    await aborted(context.signal);
    return 0;
  } finally {
    await sandbox.close();
  }
}

function sandboxText(
  { url, deviceTokenPort, mqttPort, tenant, caFile }: RunningSandbox & { readonly caFile: string },
  password: string | undefined,
): string {
  const login =
    password === undefined
      ? "The password is what LOTMINT_PLATFORM_PASSWORD holds."
      : `Password: ${password}\nSet it as LOTMINT_PLATFORM_PASSWORD for the runs that shall use it.`;
  return `The sandbox platform listens on ${url} until it is stopped. For lotmint.yaml:

platform:
  url: ${url}
  tenant: ${tenant}
  user: ${USER}
  deviceTokenPort: ${deviceTokenPort}
  mqttPort: ${mqttPort}
  caFile: ${JSON.stringify(caFile)}

${login}
Faults on demand: POST a list of rules to ${url}/sandbox/faults`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
