import { createHash } from "node:crypto";
import { readAuthority } from "../authority/load-authority.ts";
import { writePem } from "../authority/read-pem.ts";
import { replyError } from "../platform/reply-error.ts";
import { DEFAULT_RETRY, retryWhileUncertain } from "../platform/retry.ts";
import { READ_OWN_ROLE } from "../platform/roles.ts";
import { uploadAuthority } from "../platform/upload-authority.ts";
import type { CliContext } from "./context.ts";

export interface UploadArguments {
  readonly name: string;
  readonly autoRegistration: boolean;
}

const DONE = {
  added: "now trusts",
  changed: "trusted it already; its settings are now as asked in",
  unchanged: "trusted it already in",
} as const;

/** `lotmint authority upload`: the tenant trusts the authority; a second time changes nothing. */
export async function uploadNamedAuthority(args: UploadArguments, context: CliContext): Promise<number> {
  const { certificate } = readAuthority(context.home, args.name);
  const platform = await context.openPlatform();
  const policy = { ...DEFAULT_RETRY, signal: context.signal };
  try {
    const tenant = await retryWhileUncertain(() => platform.currentTenant(context.signal), policy);
    if (tenant.kind !== "answer") throw replyError(tenant, { doing: "show its tenant", role: READ_OWN_ROLE });
    const uploaded = await uploadAuthority(
      platform,
      tenant.value.id,
      {
        name: args.name,
        pem: writePem("CERTIFICATE", certificate.raw),
        sha1: createHash("sha1").update(certificate.raw).digest("hex"),
        autoRegistration: args.autoRegistration,
      },
      policy,
    );
    context.printJson({ tenant: tenant.value.id, ...uploaded });
    context.print(`${args.name}: tenant ${tenant.value.id} ${DONE[uploaded.kind]} ${uploaded.certificate.fingerprint}`);
    return 0;
  } finally {
    await platform.close();
  }
}
