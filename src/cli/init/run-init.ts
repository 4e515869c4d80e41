import { resolve } from "node:path";
import { checkAuthorityName } from "../../authority/authority-name.ts";
import { statIfThere } from "../../disk/disk-error.ts";
import { safeName } from "../../disk/layout.ts";
import { OnboardingError } from "../../domain/error.ts";
import { askLine } from "../ask-line.ts";
import { type CliContext, makeContext } from "../context.ts";
import { choosePlatform } from "./choose-platform.ts";
import { INIT_DEFAULTS, type InitArguments } from "./init-options.ts";
import { type HomePlan, makeHome } from "./make-home.ts";
import { nextCommands } from "./next-commands.ts";
import { surveyHome } from "./survey-home.ts";

/** Longer commands push what they do to the right. */
const WIDTH = 36;

/**
 * `lotmint init [DIR]`: makes what a home lacks and leaves alone what it has: lotmint.yaml, a job with a sample manifest,
 * a root and an intermediate. Everything is asked for before anything is made, and each thing appears whole or not at
 * all: stopped half-way, the same command completes it.
 */
export async function runInit(args: InitArguments, around: CliContext): Promise<number> {
  const root = args.dir === undefined ? around.home.root : resolve(around.cwd, args.dir);
  if (statIfThere(root)?.isDirectory() === false) throw usage(`${root} is a file; name a folder`);
  const context = makeContext(around, {
    home: root,
    use: "makes",
    version: around.program.version,
    json: around.json,
    log: around.log,
    statusLine: around.statusLine,
    openLog: around.openLog,
  });
  const plan = await planHome(args, context);
  const made = await makeHome(plan, context);
  const next = nextCommands(plan, context);
  context.printJson({ home: root, made, next: next.map(({ command }) => command) });
  const did =
    made.length === 0
      ? `${root} is complete; nothing was changed.`
      : `Made in ${root}:\n${made.map((one) => `  ${one}`).join("\n")}`;
  const lines = next.map(({ command, what }) => `  ${command.padEnd(WIDTH)}  # ${what}`);
  context.print(`${did}\n\nNext:\n${lines.join("\n")}`);
  return 0;
}

/** What is missing, by name; whatever has to be asked is asked here. */
async function planHome(args: InitArguments, context: CliContext): Promise<HomePlan> {
  const survey = surveyHome(context);
  const ask = makeAsk(args, context);
  const platform = survey.hasSite ? undefined : await choosePlatform(args, context);
  const job = survey.job?.name ?? (await ask("Name of the job", args.job, INIT_DEFAULTS.job, jobNameProblem));
  const issuer =
    survey.job?.issuer ??
    (await ask(
      "Name of the intermediate, which signs devices",
      args.intermediate,
      INIT_DEFAULTS.intermediate,
      nameProblem,
    ));
  const needsIssuer = !survey.authorities.includes(issuer);
  const root = needsIssuer
    ? (args.root ??
      survey.root ??
      (await ask("Name of the root, which signs the intermediate", undefined, INIT_DEFAULTS.root, nameProblem)))
    : survey.root;
  if (needsIssuer && root !== undefined) {
    throwIf(nameProblem(root));
    if (root === issuer) throw usage(`root and intermediate cannot both be called ${root}`);
  }
  const needsJob = survey.job === undefined;
  const organization =
    needsJob || needsIssuer
      ? await ask("Organization (O) in certificates, empty for none", args.organization, "", organizationProblem)
      : "";
  const plan = {
    job,
    needsJob,
    issuer,
    organization,
    platform,
    root,
    needsRoot: needsIssuer && root !== undefined && !survey.authorities.includes(root),
  };
  if (!needsIssuer || root === undefined) return plan;
  const file = (path: string | undefined) => (path === undefined ? {} : { file: path });
  return {
    ...plan,
    passphrases: {
      root: await context.passphrase(root, { ...file(args.rootPassphraseFile), confirm: plan.needsRoot }),
      issuer: await context.passphrase(issuer, { ...file(args.passphraseFile), confirm: true }),
    },
  };
}

/** Asks for names on a terminal, if the command line says nothing of what is to be made; else takes the defaults. */
function makeAsk(args: InitArguments, { stdin, stderr }: CliContext) {
  const { sandbox, withoutPlatform, platform, tenant, user, organization, root, intermediate, job } = args;
  const isTold =
    sandbox ||
    withoutPlatform ||
    [platform, tenant, user, organization, root, intermediate, job].some((one) => one !== undefined);
  const asks = stdin.isTTY && stderr.isTTY && !isTold;
  return async (
    question: string,
    given: string | undefined,
    byDefault: string,
    problem: (text: string) => string | undefined,
  ): Promise<string> => {
    if (given === undefined && asks) return askLine({ question, byDefault, problem }, stdin, stderr);
    const taken = given ?? byDefault;
    throwIf(problem(taken));
    return taken;
  };
}

function nameProblem(name: string): string | undefined {
  try {
    checkAuthorityName(name);
    return undefined;
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return error.message;
  }
}

function jobNameProblem(name: string): string | undefined {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name) && safeName(name) === name) return undefined;
  return `${JSON.stringify(name)} cannot be a job's name; use up to 64 of A-Z, a-z, 0-9, - and _`;
}

/** RFC 5280, appendix A.1: ub-organization-name. */
function organizationProblem(text: string): string | undefined {
  return [...text].length > 64 || /\p{Cc}|[{}]/u.test(text)
    ? "An organization has at most 64 characters, and none of { } and control characters"
    : undefined;
}

function throwIf(problem: string | undefined): void {
  if (problem !== undefined) throw usage(problem);
}

function usage(message: string): OnboardingError {
  return new OnboardingError(message, { code: "usage" });
}
