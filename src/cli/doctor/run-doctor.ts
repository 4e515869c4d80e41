import { OnboardingError } from "../../domain/error.ts";
import { EXIT } from "../../domain/exit-code.ts";
import { nounFor } from "../../domain/noun-for.ts";
import { paint, plainText, type TextOptions } from "../../report/plain-text.ts";
import type { CliContext } from "../context.ts";
import { CHECKS } from "./checks.ts";
import { type DoctorFinding, findingsOf } from "./doctor-check.ts";

const STATES = { ok: ["ok", "green"], warning: ["warning", "amber"], problem: ["PROBLEM", "red"] } as const;

/**
 * `lotmint doctor`: looks at everything that a lot needs, and tells each finding with its cure. Writes nothing that stays.
 * Ends with 0 where there is no problem, warnings or not, else with 3, whatever the problem.
 */
export async function runDoctor(context: CliContext): Promise<number> {
  const findings: DoctorFinding[] = [];
  for (const check of CHECKS) {
    if (context.signal.aborted) throw new OnboardingError("stopped", { code: "stopped" });
    // What several checks stumble over, such as lotmint.yaml, is told once.
    const found = (await findingsOf(check, context)).filter(
      ({ state, message }) => state === "ok" || findings.every((earlier) => earlier.message !== message),
    );
    findings.push(...found);
    for (const finding of found) context.print(findingText(finding, context));
  }
  context.printJson({ checks: findings });
  const problems = findings.filter(({ state }) => state === "problem").length;
  const warnings = findings.filter(({ state }) => state === "warning").length;
  context.print(`\n${counted(problems, "problem")}, ${counted(warnings, "warning")}`);
  return problems === 0 ? EXIT.done : EXIT.rejected;
}

function findingText({ name, state, message, cure }: DoctorFinding, options: TextOptions): string {
  const [word, colour] = STATES[state];
  const lead = `${paint(word.padEnd(8), colour, options)} ${name.padEnd(11)} `;
  const indent = " ".repeat(21);
  const lines = message.split("\n").map(plainText).join(`\n${indent}`);
  return `${lead}${lines}${cure === undefined ? "" : `\n${indent}-> ${cure.split("\n").map(plainText).join(`\n${indent}   `)}`}`;
}

function counted(count: number, what: string): string {
  return `${count === 0 ? "no" : count} ${nounFor(count, what)}`;
}
