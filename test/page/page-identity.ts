import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate for these names and addresses with its key, both PEM, as a site's own authority would give. */
export function makePageIdentity(names: readonly string[]): { readonly certificate: string; readonly key: string } {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-identity-"));
  try {
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const san = names.map((name) => `${isIP(name) === 0 ? "DNS" : "IP"}:${name}`).join(",");
    const curve = [
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      key,
      "-out",
      certificate,
    ];
    execFileSync(
      "openssl",
      ["req", "-x509", ...curve, "-days", "30", "-subj", "/CN=page", "-addext", `subjectAltName=${san}`],
      {
        stdio: "pipe",
      },
    );
    const text = readFileSync(certificate, "utf8");
    if (new X509Certificate(text).subjectAltName === undefined) throw new Error("the certificate has no names");
    return { certificate: text, key: readFileSync(key, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
