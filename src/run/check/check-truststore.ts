import { lstatSync, readFileSync } from "node:fs";
import { lotTruststore } from "../../disk/layout.ts";
import { LOT_TRUSTSTORE_PASSWORD, TRUSTSTORE_NAMES } from "../../keystore/lot-truststore.ts";
import { KeystoreError, MAX_KEYSTORE_OCTETS } from "../../verify/keystore-error.ts";
import { readTruststore } from "../../verify/read-truststore.ts";
import type { Check } from "./check-scope.ts";

/** Opens the truststores that the lot as a whole has: each is there, opens, and holds what the others hold. */
export function checkTruststore({ job, layout, tell }: Pick<Check, "job" | "layout" | "tell">): void {
  if (job.truststore?.per !== "lot") return;
  const held = new Map<string, string>();
  for (const format of new Set(job.truststore.formats)) {
    const name = TRUSTSTORE_NAMES[format];
    const path = lotTruststore(layout, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) {
      tell({ externalId: "", what: `the lot's ${name} is missing; \`lotmint run\` writes it again`, expected: path });
      continue;
    }
    try {
      if (!stat.isFile() || stat.size > MAX_KEYSTORE_OCTETS)
        throw new KeystoreError("it is not what was written", { kind: "damaged" });
      const certificates = readTruststore(name, readFileSync(path), LOT_TRUSTSTORE_PASSWORD);
      if (certificates.length === 0) tell({ externalId: "", what: `the lot's ${name} holds no certificate to trust` });
      held.set(
        name,
        certificates
          .map((octets) => octets.toString("base64"))
          .sort()
          .join(),
      );
    } catch (error) {
      if (!(error instanceof KeystoreError)) throw error;
      tell({ externalId: "", what: `the lot's ${name} does not open: ${error.message}` });
    }
  }
  if (new Set(held.values()).size > 1) {
    tell({ externalId: "", what: `the lot's truststores hold different certificates: ${[...held.keys()].join(", ")}` });
  }
}
