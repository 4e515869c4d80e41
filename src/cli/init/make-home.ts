import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pid } from "node:process";
import { checkNewPassphrase } from "../../authority/authority-key.ts";
import { createAuthority } from "../../authority/create-authority.ts";
import { loadIssuer } from "../../authority/load-authority.ts";
import { ensureFolder } from "../../disk/durable.ts";
import { authorityLayout, sandboxLayout } from "../../disk/layout.ts";
import { placeNewFile } from "../../disk/place-new-file.ts";
import type { Subject } from "../../domain/certificate.ts";
import { OnboardingError } from "../../domain/error.ts";
import { holdAlone } from "../../ledger/sqlite/hold-alone.ts";
import { refuseRevokedIssuer } from "../../run/lot/refuse-revoked-issuer.ts";
import { openSandboxRecord, sandboxPassword, writeSandboxRecord } from "../../sandbox/sandbox-record.ts";
import { makeSandboxState } from "../../sandbox/sandbox-state.ts";
import { trustedAtStart } from "../../sandbox/trust/keep-trust.ts";
import type { CliContext } from "../context.ts";
import { sandboxSiteLines } from "../sandbox/run-sandbox.ts";
import { withRecoveredLedger } from "../with-recovered-ledger.ts";
import { jobText, SAMPLE_MANIFEST, sampleLot, siteText, tenantLines } from "./home-texts.ts";
import type { PlatformChoice } from "./init-options.ts";

/** What a home shall have, and how much of it is missing. */
export interface HomePlan {
  /** Undefined: there is a lotmint.yaml. */
  readonly platform: PlatformChoice | undefined;
  readonly job: string;
  readonly needsJob: boolean;
  readonly issuer: string;
  /** Undefined: the issuer is there, and its root is elsewhere or one of several. */
  readonly root: string | undefined;
  readonly needsRoot: boolean;
  readonly organization: string;
  /** Undefined: the issuer is there. */
  readonly passphrases?: { readonly root: string; readonly issuer: string };
}

/**
 * Makes what is missing, in an order in which the same command completes what a stopped one has begun, and returns
 * what was made, for people. Overwrites nothing. Throws `stopped` between two steps after a signal.
 */
export async function makeHome(plan: HomePlan, context: CliContext): Promise<readonly string[]> {
  const { home } = context;
  const { passphrases, root, issuer } = plan;
  if (passphrases !== undefined) checkNewPassphrase(issuer, passphrases.issuer);
  if (passphrases !== undefined && plan.needsRoot) checkNewPassphrase(root ?? "", passphrases.root);
  const made: string[] = [];
  const steps: readonly (() => Promise<void> | void)[] = [
    () => {
      for (const folder of [home.root, home.input, home.output, home.jobs]) {
        if (existsSync(folder)) continue;
        ensureFolder(folder);
        made.push(`${folder === home.root ? home.root : basename(folder)}/`);
      }
    },
    async () => {
      if (plan.platform === undefined) return;
      placeNewFile(home.siteFile, siteText(await platformLines(plan.platform, context)));
      made.push("lotmint.yaml");
    },
    () => {
      if (!plan.needsJob) return;
      // The sample first: once there is a job, a missing sample is one that somebody has run or removed.
      const sample = `${sampleLot(plan.job)}.csv`;
      if (!existsSync(join(home.input, sample))) {
        placeNewFile(join(home.input, sample), SAMPLE_MANIFEST);
        made.push(`input/${sample}`);
      }
      placeNewFile(join(home.jobs, `${plan.job}.yaml`), jobText(plan.job, issuer, plan.organization));
      made.push(`jobs/${plan.job}.yaml`);
    },
    async () => {
      if (passphrases === undefined || root === undefined || !plan.needsRoot) return;
      await makeAuthority(root, undefined, passphrases.root, plan, context);
      made.push(`root ${root}`);
    },
    async () => {
      if (passphrases === undefined || root === undefined) return;
      await trustInSandbox(root, context);
      await makeAuthority(issuer, { name: root, passphrase: passphrases.root }, passphrases.issuer, plan, context);
      made.push(`intermediate ${issuer}`);
    },
  ];
  for (const step of steps) {
    if (context.signal.aborted) {
      throw new OnboardingError("stopped; the same command completes the home", { code: "stopped" });
    }
    await step();
  }
  return made;
}

/** The sandbox's ports and certificate are chosen now, so that lotmint.yaml can name them. */
async function platformLines(choice: PlatformChoice, context: CliContext): Promise<string | undefined> {
  if (choice.kind === "none") return undefined;
  if (choice.kind === "tenant") return tenantLines(choice.url, choice.tenant, choice.user);
  const { record } = await openSandboxRecord(context.home, context.now());
  sandboxPassword(context.home);
  const { port, deviceTokenPort, mqttPort } = record.ports;
  const { tenant } = makeSandboxState();
  const caFile = "state/sandbox/ca.pem";
  return sandboxSiteLines({ url: `https://127.0.0.1:${port}`, tenant, deviceTokenPort, mqttPort, caFile });
}

async function makeAuthority(
  name: string,
  above: { readonly name: string; readonly passphrase: string } | undefined,
  passphrase: string,
  { organization }: HomePlan,
  context: CliContext,
): Promise<void> {
  const { home, now } = context;
  const { maxChain } = context.site();
  const issuer = above === undefined ? undefined : loadIssuer(home, above.name, above.passphrase, now(), maxChain);
  const subject: Subject = [
    { attribute: "CN", value: name },
    ...(organization === "" ? [] : [{ attribute: "O", value: organization } as const]),
  ];
  await withRecoveredLedger(context, async (ledger) => {
    if (issuer !== undefined) await refuseRevokedIssuer(ledger, issuer);
    const pathLength = issuer === undefined ? undefined : 0;
    const key = "ec-p256";
    await createAuthority(home, ledger, { name, subject, key, pathLength, passphrase, maxChain, nowMs: now(), issuer });
  });
}

/** The home's own sandbox trusts its root from the start. One that is running keeps its own record; then `upload` tells it. */
async function trustInSandbox(root: string, context: CliContext): Promise<void> {
  const { home } = context;
  const layout = sandboxLayout(home);
  if (context.site().platform?.caFile !== layout.ca || !existsSync(layout.record)) return;
  let lock: { readonly release: () => void };
  try {
    lock = holdAlone(layout.lock, pid, `runs the sandbox of ${home.root}`);
  } catch (error) {
    if (error instanceof OnboardingError && error.code === "lot-held") return;
    throw error;
  }
  try {
    const { record } = await openSandboxRecord(home, context.now());
    const added = trustedAtStart(readFileSync(authorityLayout(home, root).certificate, "utf8"), context.now());
    const others = record.trust.filter(({ pem }) => added.every((one) => one.pem !== pem));
    writeSandboxRecord(home, { ...record, trust: [...others, ...added] });
  } finally {
    lock.release();
  }
}
