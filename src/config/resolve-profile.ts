import type { KeyUsage, Profile, ValidityRequest } from "../domain/certificate.ts";
import { BUILT_IN_PROFILES } from "../domain/profiles.ts";
import type { ConfigProblem, KeyPath } from "./config-error.ts";
import { parseNotAfter, parseValidity } from "./durations.ts";
import { EXTENDED_KEY_USAGES, type ProfileInput } from "./site-schema.ts";

/** A profile of lotmint.yaml on top of its base; what is wrong with it goes into `problems`. */
export function resolveProfile(
  name: string,
  input: ProfileInput,
  context: { readonly path: KeyPath; readonly nowMs: number; readonly problems: ConfigProblem[] },
): Profile {
  const { path, problems, nowMs } = context;
  if (name in BUILT_IN_PROFILES) {
    problems.push({ path, message: "is built in and cannot be redefined; choose another name" });
  }
  const base = BUILT_IN_PROFILES[input.base ?? "device"];
  return {
    name,
    keyUsage: (input.keyUsage as readonly KeyUsage[] | undefined) ?? base.keyUsage,
    extendedKeyUsage: input.extKeyUsage?.map(toOid) ?? base.extendedKeyUsage,
    policies: input.policies ?? base.policies,
    requiredSubject: input.requiredSubject ?? base.requiredSubject,
    validity: readValidityRequest(input, { path, nowMs, problems }) ?? base.validity,
  };
}

/** The validity that `validity` or `notAfter` ask for; undefined when neither is given. */
export function readValidityRequest(
  input: { readonly validity?: string | undefined; readonly notAfter?: string | undefined },
  context: { readonly path: KeyPath; readonly nowMs: number; readonly problems: ConfigProblem[] },
): ValidityRequest | undefined {
  const { path, nowMs, problems } = context;
  if (input.validity !== undefined && input.notAfter !== undefined) {
    problems.push({ path: [...path, "notAfter"], message: "cannot stand beside validity; keep one of them" });
  }
  if (input.notAfter !== undefined) {
    const request = parseNotAfter(input.notAfter, nowMs);
    if (!("problem" in request)) return request;
    problems.push({ path: [...path, "notAfter"], message: `${input.notAfter} ${request.problem}` });
    return undefined;
  }
  return input.validity === undefined ? undefined : parseValidity(input.validity);
}

function toOid(usage: string): string {
  return Object.hasOwn(EXTENDED_KEY_USAGES, usage)
    ? EXTENDED_KEY_USAGES[usage as keyof typeof EXTENDED_KEY_USAGES]
    : usage;
}
