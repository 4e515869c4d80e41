import { addressProblem } from "../../config/read-site.ts";
import { OnboardingError } from "../../domain/error.ts";
import { askLine } from "../ask-line.ts";
import type { CliContext } from "../context.ts";
import type { InitArguments, PlatformChoice } from "./init-options.ts";

/**
 * The platform that was named by options, else by answers on the terminal. Throws `usage` for options that contradict
 * each other or cannot be used, and where there is no terminal to ask on.
 */
export async function choosePlatform(args: InitArguments, context: CliContext): Promise<PlatformChoice> {
  const { sandbox, platform, withoutPlatform, tenant, user } = args;
  if ([sandbox, platform !== undefined, withoutPlatform].filter(Boolean).length > 1) {
    throw usage("--sandbox, --platform and --without-platform exclude each other; give one of them");
  }
  if ((tenant ?? user) !== undefined && (sandbox || withoutPlatform)) {
    throw usage("--tenant and --user go with --platform");
  }
  if (sandbox) return { kind: "sandbox" };
  if (withoutPlatform) return { kind: "none" };
  const { stdin, stderr } = context;
  if (!stdin.isTTY || !stderr.isTTY) {
    if (platform === undefined) {
      throw usage(
        "name the platform: --sandbox, --platform URL --user USER [--tenant ID], or --without-platform; on a terminal init asks",
      );
    }
    if (user === undefined) throw usage("--platform needs --user, the user that registers devices");
    return {
      kind: "tenant",
      url: checked(urlProblem, platform),
      tenant: checked(tenantProblem, tenant ?? ""),
      user: checked(userProblem, user),
    };
  }
  const ask = (question: Parameters<typeof askLine>[0]) => askLine(question, stdin, stderr);
  if (platform === undefined && user === undefined) {
    context.show("Which platform?\n  1  the sandbox on this machine, to try lotmint\n  2  a tenant\n  3  none yet\n");
    const answer = await ask({
      question: "1, 2 or 3",
      byDefault: "1",
      problem: (typed) => (["1", "2", "3"].includes(typed) ? undefined : "Type 1, 2 or 3"),
    });
    if (answer !== "2") return { kind: answer === "1" ? "sandbox" : "none" };
  }
  const url =
    platform === undefined
      ? await ask({ question: "Its address, such as https://acme.cumulocity.com", problem: urlProblem })
      : checked(urlProblem, platform);
  const id =
    tenant === undefined
      ? await ask({ question: "The tenant's id (empty: the platform is asked)", problem: tenantProblem })
      : checked(tenantProblem, tenant);
  const name =
    user === undefined
      ? await ask({ question: "The user that registers devices", problem: userProblem })
      : checked(userProblem, user);
  return { kind: "tenant", url, tenant: id, user: name };
}

function urlProblem(url: string): string | undefined {
  const problem = addressProblem(url);
  return problem === undefined ? undefined : `The platform's address ${problem}`;
}

/** As the site's schema bounds them. */
function tenantProblem(tenant: string): string | undefined {
  return tenant.length > 64 ? "A tenant's id has at most 64 characters" : undefined;
}

function userProblem(user: string): string | undefined {
  return user.trim() === "" || user.length > 256 ? "A user's name has 1 to 256 characters" : undefined;
}

function checked(problem: (text: string) => string | undefined, text: string): string {
  const found = problem(text);
  if (found !== undefined) throw usage(found);
  return text;
}

function usage(message: string): OnboardingError {
  return new OnboardingError(message, { code: "usage" });
}
