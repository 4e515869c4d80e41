import { execFile } from "node:child_process";
import type { KeyObject } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pemOf } from "../../test/fixtures/make-issuer.ts";

const run = promisify(execFile);

/** The tutorial's CA configuration, as far as signing devices needs it. */
const CONFIG = `
[ ca ]
default_ca = CA_default
[ CA_default ]
dir           = .
new_certs_dir = $dir/deviceCertificates
database      = $dir/database.txt
serial        = $dir/serial
private_key   = $dir/intermediateKey.pem
certificate   = $dir/intermediateCert.pem
default_md    = sha256
preserve      = no
policy        = signing_policy
[ req ]
distinguished_name = req_distinguished_name
string_mask        = utf8only
default_md         = sha256
[ req_distinguished_name ]
[ v3_signed ]
subjectKeyIdentifier   = hash
authorityKeyIdentifier = keyid,issuer
basicConstraints       = critical, CA:false
keyUsage               = nonRepudiation, digitalSignature
[ signing_policy ]
organizationName = optional
commonName       = supplied
`;

/**
 * Devices per second by the tutorial's commands with EC keys: key, request, `openssl ca`, chain,
 * `pkcs12 -export`. As many run side by side as there are workers, each with a CA folder of its own,
 * since `openssl ca` cannot share one. Keys stay in the clear, which spares openssl two derivations
 * that the tutorial asks for.
 */
export async function measureTutorial(
  issuer: { readonly key: KeyObject; readonly chain: readonly Buffer[] },
  lanes: number,
  seconds: number,
): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), "lotmint-tutorial-"));
  try {
    const rates = await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        const folder = join(root, String(lane));
        prepare(folder, issuer);
        const startedMs = performance.now();
        let devices = 0;
        let elapsed = 0;
        for (; elapsed < seconds; elapsed = (performance.now() - startedMs) / 1000) {
          await mintByHand(folder, `ACME-${lane}-${++devices}`, issuer.chain);
        }
        return devices / elapsed;
      }),
    );
    return rates.reduce((sum, rate) => sum + rate, 0);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function prepare(folder: string, issuer: { readonly key: KeyObject; readonly chain: readonly Buffer[] }): void {
  mkdirSync(join(folder, "deviceCertificates"), { recursive: true });
  const file = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content, { mode: 0o600 });
  file("intermediateConfig.cnf", CONFIG);
  file("database.txt", "");
  file("serial", "1000\n");
  file("intermediateKey.pem", issuer.key.export({ type: "pkcs8", format: "pem" }));
  file("intermediateCert.pem", pemOf(...issuer.chain.slice(0, 1)));
}

async function mintByHand(folder: string, id: string, chain: readonly Buffer[]): Promise<void> {
  const at = (ending: string) => join("deviceCertificates", `${id}${ending}`);
  const openssl = (...args: readonly string[]) => run("openssl", args, { cwd: folder });
  const config = ["-config", "intermediateConfig.cnf"];
  const [key, csr, certificate] = [at("Key.pem"), at("Csr.pem"), at("Cert.pem")];
  await openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key);
  await openssl("req", ...config, "-new", "-sha256", "-key", key, "-subj", `/O=Acme GmbH/CN=${id}`, "-out", csr);
  const issue = ["-extensions", "v3_signed", "-days", "365", "-notext", "-md", "sha256", "-batch"];
  await openssl("ca", ...config, ...issue, "-in", csr, "-out", certificate);
  // The certificate file becomes the chain file: cheaper than the tutorial's `cat` into another one.
  appendFileSync(join(folder, certificate), pemOf(...chain));
  const names = ["-name", "devicekeyentry", "-passout", "pass:ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  await openssl("pkcs12", "-export", ...names, "-inkey", key, "-in", certificate, "-out", at(".pkcs12"));
}
