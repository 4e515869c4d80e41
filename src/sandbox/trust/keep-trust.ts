import { RequestRefusal } from "../http/request-refusal.ts";
import type { SandboxHandler } from "../http/sandbox-request.ts";
import { makeSandboxState, type SandboxState } from "../sandbox-state.ts";
import { trustFromStart } from "./keep-certificate.ts";
import { readUploadedCertificate, type StoredCertificate } from "./stored-certificate.ts";

/** A trusted certificate as it outlives the sandbox's process. */
export interface KeptCertificate
  extends Pick<
    StoredCertificate,
    "name" | "status" | "autoRegistrationEnabled" | "proofOfPossessionValid" | "verificationCode" | "codeUsableUntilMs"
  > {
  readonly pem: string;
}

/** The tenant's trusted certificates, in the order of upload. */
function keptTrust(state: SandboxState): readonly KeptCertificate[] {
  return [...state.certificates.values()].map((certificate) => ({
    pem: certificate.x509.toString(),
    name: certificate.name,
    status: certificate.status,
    autoRegistrationEnabled: certificate.autoRegistrationEnabled,
    proofOfPossessionValid: certificate.proofOfPossessionValid,
    verificationCode: certificate.verificationCode,
    codeUsableUntilMs: certificate.codeUsableUntilMs,
  }));
}

/** Trusts again what was trusted before; what has expired meanwhile is left out. */
export function restoreTrust(state: SandboxState, kept: readonly KeptCertificate[]): void {
  for (const { pem, ...settings } of kept) {
    try {
      const parsed = readUploadedCertificate(pem, state.nowMs());
      state.certificates.set(parsed.fingerprint, { ...parsed, ...settings });
    } catch (error) {
      if (!(error instanceof RequestRefusal)) throw error;
    }
  }
}

/** The same handler; after each request that may change the trusted certificates, `keep` gets all of them. */
export function keepTrust(
  handler: SandboxHandler,
  state: SandboxState,
  keep: (certificates: readonly KeptCertificate[]) => void,
): SandboxHandler {
  return (request) => {
    const answer = handler(request);
    if (request.method !== "GET" && request.path.includes("/trusted-certificates")) keep(keptTrust(state));
    return answer;
  };
}

/** A certificate as the sandbox trusts it from its start: ENABLED, possession proven. Throws `usage` for one that it cannot trust. */
export function trustedAtStart(pem: string, nowMs: number): readonly KeptCertificate[] {
  const state = makeSandboxState({ nowMs: () => nowMs });
  trustFromStart(state, pem);
  return keptTrust(state);
}
