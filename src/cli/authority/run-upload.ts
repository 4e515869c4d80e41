import { readAuthority } from "../../authority/load-authority.ts";
import { digests } from "../../authority/stored-authority.ts";
import { askTenant } from "../../platform/ask-tenant.ts";
import { DEFAULT_RETRY } from "../../platform/retry.ts";
import { retrying } from "../../platform/retrying.ts";
import { uploadAuthority } from "../../platform/upload-authority.ts";
import { writePem } from "../../x509/pem.ts";
import type { CliContext } from "../context.ts";
import { proveToTenant } from "./run-prove.ts";

export interface UploadArguments {
  readonly name: string;
  readonly autoRegistration: boolean;
  readonly prove: boolean;
  readonly passphraseFile?: string | undefined;
}

const DONE = {
  added: "now trusts",
  changed: "trusted it already; its settings are now as asked in",
  unchanged: "trusted it already in",
} as const;
const PROVEN = { proven: ", and has proof of possession", already: ", and had proof of possession already" } as const;

/** `lotmint authority upload`: the tenant trusts the authority; a second time changes nothing. */
export async function runUpload(args: UploadArguments, context: CliContext): Promise<number> {
  const { certificate, hasKey } = readAuthority(context.home, args.name);
  const platform = retrying(await context.openPlatform(), { ...DEFAULT_RETRY, signal: context.signal });
  try {
    const tenant = await askTenant(platform);
    const uploaded = await uploadAuthority(platform, tenant, {
      name: args.name,
      pem: writePem("CERTIFICATE", certificate.raw),
      sha1: digests(certificate.raw).sha1,
      autoRegistration: args.autoRegistration,
    });
    const proof = args.prove ? await proveToTenant(platform, tenant, args, context) : undefined;
    context.printJson({
      tenant,
      kind: uploaded.kind,
      certificate: proof?.certificate ?? uploaded.certificate,
      ...(proof !== undefined && { proof: proof.kind }),
    });
    const told = proof === undefined ? "" : PROVEN[proof.kind];
    context.print(`${args.name}: tenant ${tenant} ${DONE[uploaded.kind]} ${uploaded.certificate.fingerprint}${told}`);
    if (!args.prove && hasKey && !uploaded.certificate.proofOfPossessionValid) {
      context.log.info(`possession is not proven yet; run: lotmint authority prove ${args.name}`);
    }
    return 0;
  } finally {
    await platform.close();
  }
}
