import { readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { findRequest } from "../authority/request/find-request.ts";
import { liesBelow, stepsBelow } from "../disk/relative-path.ts";
import { writePem } from "../x509/pem.ts";

/** No certificate request is longer, in bytes; a file may hold its text too, and two octets a character. */
const MAX_REQUEST = 64 * 1024;
const MAX_FILE = 4 * MAX_REQUEST;

/**
 * The PKCS#10 request that a csr cell holds or names: PEM text, or the path of a file below the input
 * folder, in PEM or DER, with / or \\ between folders. Returned as PEM with LF as line ends; or, in a sentence, why
 * there is none. What is in it is checked where the row is planned.
 */
export function readRequest(cell: string, inputFolder: string): { readonly pem: string } | { readonly fault: string } {
  if (cell.includes("-----BEGIN")) return asRequest(cell, "the cell");
  const file = readBelow(cell, inputFolder);
  return "fault" in file ? file : asRequest(file.octets, cell);
}

function asRequest(source: string | Buffer, place: string): { readonly pem: string } | { readonly fault: string } {
  const found = findRequest(source);
  if ("fault" in found) return { fault: `${place} ${found.fault}` };
  if (found.der.length > MAX_REQUEST) return { fault: `${place} is too large for a certificate request` };
  if (found.der.length === 0) return { fault: `${place} holds an empty certificate request` };
  return { pem: writePem("CERTIFICATE REQUEST", found.der) };
}

/** Reads a file that lies in the folder, also after all symbolic links have been followed. */
function readBelow(path: string, folder: string): { readonly octets: Buffer } | { readonly fault: string } {
  const steps = stepsBelow(path);
  if (steps === undefined) {
    return { fault: `${JSON.stringify(path)} must be a path below ${folder}, without ..` };
  }
  try {
    const real = realOf(join(folder, path)) ?? realpathSync(join(folder, ...steps));
    if (!liesBelow(real, realpathSync(folder))) return { fault: `${JSON.stringify(path)} lies outside ${folder}` };
    const found = statSync(real);
    if (!found.isFile()) return { fault: `${JSON.stringify(path)} is no file` };
    if (found.size > MAX_FILE) return { fault: `${JSON.stringify(path)} is too large for a certificate request` };
    return { octets: readFileSync(real) };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return { fault: `there is no readable file ${JSON.stringify(path)} below ${folder}` };
  }
}

/** Undefined where there is nothing of that name, a backslash being part of it. */
function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
