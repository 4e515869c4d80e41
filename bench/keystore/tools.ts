import { execFile } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openRandomPool } from "../../src/keystore/random-pool.ts";
import { openPkcs12Writer } from "../../src/keystore/write-pkcs12.ts";
import { pemOf } from "../../test/fixtures/make-issuer.ts";
import { ALIAS, type Format, ITERATIONS, type Material, PASSWORDS } from "./formats.ts";

const run = promisify(execFile);
const PASSWORD = PASSWORDS[0] ?? "";

export type Tool = "openssl" | "keytool";

/** Arguments that make `tool` write one file of the format to `out`, from files in `folder`; undefined where it cannot. */
function argumentsOf(tool: Tool, format: Format, folder: string, out: string): readonly string[] | undefined {
  const file = (name: string) => join(folder, name);
  return tool === "openssl" ? opensslArguments(format, file, out) : keytoolArguments(format, file, out);
}

function opensslArguments(format: Format, file: (name: string) => string, out: string): readonly string[] | undefined {
  const secret = ["-passout", `pass:${PASSWORD}`, "-out", out];
  const rounds = ["-iter", String(ITERATIONS)];
  const device = ["-inkey", file("key.pem"), "-in", file("certificate.pem"), "-certfile", file("chain.pem")];
  const pbes2 = ["-keypbe", "AES-256-CBC", "-certpbe", "AES-256-CBC", "-macalg", "sha256"];
  const tripleDes = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"];
  switch (format) {
    case "PKCS#12 modern":
      return ["pkcs12", "-export", ...device, "-name", ALIAS, ...pbes2, ...rounds, ...secret];
    case "PKCS#12 legacy":
      return ["pkcs12", "-export", ...device, "-name", ALIAS, ...tripleDes, ...rounds, ...secret];
    case "encrypted PEM":
      return ["pkcs8", "-topk8", "-in", file("key.pem"), "-v2", "aes-256-cbc", ...rounds, ...secret];
    case "truststore PKCS#12":
      return ["pkcs12", "-export", "-nokeys", "-in", file("anchor.pem"), ...pbes2, ...rounds, ...secret];
    default:
      return undefined;
  }
}

function keytoolArguments(format: Format, file: (name: string) => string, out: string): readonly string[] | undefined {
  const count = (what: string) => `-J-Dkeystore.pkcs12.${what}IterationCount=${ITERATIONS}`;
  const rounds = [count("certPbe"), count("keyPbe"), count("mac")];
  const legacy = (what: string) => `-J-Dkeystore.pkcs12.${what}ProtectionAlgorithm=PBEWithSHA1AndDESede`;
  const sha1 = [legacy("cert"), legacy("key"), "-J-Dkeystore.pkcs12.macAlgorithm=HmacPBESHA1"];
  const source = ["-srckeystore", file("source.p12"), "-srcstoretype", "PKCS12", "-srcstorepass", PASSWORD];
  const convert = (type: string) => [
    ...["-importkeystore", "-noprompt", ...source],
    ...["-destkeystore", out, "-deststoretype", type, "-deststorepass", PASSWORD],
  ];
  const trust = (type: string) => [
    ...["-importcert", "-noprompt", "-alias", "server", "-file", file("anchor.pem")],
    ...["-keystore", out, "-storetype", type, "-storepass", PASSWORD],
  ];
  switch (format) {
    case "PKCS#12 modern":
      return [...rounds, ...convert("PKCS12")];
    case "PKCS#12 legacy":
      return [...rounds, ...sha1, ...convert("PKCS12")];
    case "JKS":
      return convert("JKS");
    case "truststore PKCS#12":
      return [...rounds, ...trust("PKCS12")];
    case "truststore JKS":
      return trust("JKS");
    default:
      return undefined;
  }
}

/** What some files have cost. */
export interface Effort {
  readonly made: number;
  /** Files per second of the clock. */
  readonly rate: number;
  readonly cpuSeconds: number;
}

/** The tools at work, in a folder of their own. */
export interface Tools {
  /** So many calls, as many side by side as there are workers; undefined where the tool cannot. */
  readonly write: (tool: Tool, format: Format, count: number) => Promise<Effort | undefined>;
  readonly close: () => void;
}

export function openTools(material: Material, workers: number): Tools {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-keystores-"));
  prepare(folder, material);
  let batches = 0;
  return {
    write: async (tool, format, count) => {
      if (argumentsOf(tool, format, folder, "") === undefined) return undefined;
      // A folder for each batch: keytool would add to a store that is there.
      const batch = join(folder, String(batches++));
      mkdirSync(batch);
      let next = 0;
      const startedMs = performance.now();
      const before = childrenCpuSeconds();
      const lane = async () => {
        while (next < count) {
          await run(tool, argumentsOf(tool, format, folder, join(batch, String(next++))) ?? []);
        }
      };
      await Promise.all(Array.from({ length: workers }, lane));
      const rate = count / ((performance.now() - startedMs) / 1000);
      return { made: count, rate, cpuSeconds: childrenCpuSeconds() - before };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** User and system time of the children that have ended, in ticks of 10 ms (proc_pid_stat(5), fields 16 and 17). */
function childrenCpuSeconds(): number {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

function prepare(folder: string, { pkcs8, certificate, chain }: Material): void {
  const file = (name: string, content: string | Buffer) => writeFileSync(join(folder, name), content, { mode: 0o600 });
  const key = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" });
  file("key.pem", key.export({ type: "pkcs8", format: "pem" }));
  file("certificate.pem", pemOf(certificate));
  file("chain.pem", pemOf(...chain));
  file("anchor.pem", pemOf(...chain.slice(-1)));
  // keytool converts only; a single round leaves it next to nothing to do for reading.
  const write = openPkcs12Writer({ recipe: "modern", iterations: 1, alias: ALIAS, chain }, openRandomPool());
  const [source] = write([{ pkcs8, certificate, password: PASSWORD }]);
  file("source.p12", source ?? "");
}
