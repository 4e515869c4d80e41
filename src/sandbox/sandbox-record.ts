import { randomBytes, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { inputError } from "../disk/disk-error.ts";
import { ensureFolder, PRIVATE_FILE, PRIVATE_FOLDER, replaceShared } from "../disk/durable.ts";
import { type Home, sandboxLayout } from "../disk/layout.ts";
import { OnboardingError } from "../domain/error.ts";
import { listen } from "./http/listen.ts";
import type { KeptCertificate } from "./trust/keep-trust.ts";
import { makeServerIdentity, type ServerIdentity } from "./trust/sandbox-certificate.ts";

/** A server certificate is made anew when it has no longer than this to go. */
const RENEW_MS = 30 * 24 * 3_600_000;
const HOST = "127.0.0.1";

export interface SandboxPorts {
  readonly port: number;
  readonly deviceTokenPort: number;
  readonly mqttPort: number;
}

/** What a home's sandbox goes on with when it is started again: state/sandbox/. */
export interface SandboxRecord {
  readonly ports: SandboxPorts;
  readonly identity: ServerIdentity;
  /** The certificates that its tenant trusts. */
  readonly trust: readonly KeptCertificate[];
}

/**
 * The record of a home's sandbox, made with free ports where there is none. `renewed` tells that the certificate of
 * its server was about to expire and is another one. Throws `usage` for a record that cannot be read, `disk-unwritable`.
 */
export async function openSandboxRecord(
  home: Home,
  nowMs: number,
): Promise<{ readonly record: SandboxRecord; readonly renewed: boolean }> {
  const known = readRecord(home);
  if (known === undefined) {
    const record = { ports: await freePorts(), identity: makeServerIdentity(nowMs), trust: [] };
    writeSandboxRecord(home, record);
    return { record, renewed: false };
  }
  const renewed = new X509Certificate(known.identity.certificatePem).validToDate.getTime() - nowMs < RENEW_MS;
  const record = renewed ? { ...known, identity: makeServerIdentity(nowMs) } : known;
  writeSandboxRecord(home, record);
  return { record, renewed };
}

/** Keeps a record, and beside it the authority of the server's certificate for clients' `caFile`. */
export function writeSandboxRecord(home: Home, record: SandboxRecord): void {
  const layout = sandboxLayout(home);
  ensureFolder(home.state, PRIVATE_FOLDER);
  ensureFolder(layout.folder, PRIVATE_FOLDER);
  replaceShared(layout.record, `${JSON.stringify({ version: 1, ...record }, undefined, 2)}\n`, PRIVATE_FILE);
  replaceShared(layout.ca, record.identity.caPem);
}

/** The password of the sandbox's user, made and kept (0600) where there is none. */
export function sandboxPassword(home: Home): string {
  const { folder, password: path } = sandboxLayout(home);
  const kept = existsSync(path) ? readFileSync(path, "utf8").trim() : "";
  if (kept !== "") return kept;
  const password = randomBytes(18).toString("base64url");
  ensureFolder(home.state, PRIVATE_FOLDER);
  ensureFolder(folder, PRIVATE_FOLDER);
  replaceShared(path, `${password}\n`, PRIVATE_FILE);
  return password;
}

function readRecord(home: Home): SandboxRecord | undefined {
  const { record: path } = sandboxLayout(home);
  if (!existsSync(path)) return undefined;
  try {
    const { ports, identity, trust } = JSON.parse(readFileSync(path, "utf8")) as SandboxRecord;
    new X509Certificate(identity.certificatePem);
    if (Object.values(ports).every(Number.isSafeInteger) && Array.isArray(trust)) return { ports, identity, trust };
    throw new SyntaxError("a port or the trust is missing");
  } catch (cause) {
    const readable = inputError(cause, path);
    if (readable instanceof OnboardingError) throw readable;
    throw new OnboardingError(`${path} is damaged; remove it, and the sandbox begins anew with other ports`, {
      code: "usage",
      cause,
    });
  }
}

/** Three ports that nothing listens on now. */
async function freePorts(): Promise<SandboxPorts> {
  const servers = [createServer(), createServer(), createServer()];
  const [port = 0, deviceTokenPort = 0, mqttPort = 0] = await Promise.all(
    servers.map((server) => listen(server, HOST, 0)),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return { port, deviceTokenPort, mqttPort };
}
