import { readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { liesBelow, stepsBelow } from "../disk/relative-path.ts";
import { writePem } from "../x509/pem.ts";

/** No certificate request is longer, in bytes. */
const MAX_REQUEST = 64 * 1024;
const PEM = /^-----BEGIN (NEW )?CERTIFICATE REQUEST-----\n[A-Za-z0-9+/=\n]+\n-----END (NEW )?CERTIFICATE REQUEST-----$/;

/**
 * The PKCS#10 request that a csr cell holds or names: PEM text, or the path of a file below the input
 * folder, in PEM or DER. Returned as PEM with LF as line ends; or, in a sentence, why there is none. What is
 * in it is checked where the row is planned.
 */
export function readRequest(cell: string, inputFolder: string): { readonly pem: string } | { readonly fault: string } {
  if (cell.includes("-----BEGIN")) return asRequest(cell, "the cell");
  const file = readBelow(cell, inputFolder);
  return "fault" in file ? file : asRequest(file.text, cell);
}

function asRequest(text: string, place: string): { readonly pem: string } | { readonly fault: string } {
  const pem = text.trim().replace(/\r\n?/g, "\n");
  if (!PEM.test(pem)) return { fault: `${place} holds no certificate request in PEM form` };
  return { pem: `${pem}\n` };
}

/** Reads a file that lies in the folder, also after all symbolic links have been followed. */
function readBelow(path: string, folder: string): { readonly text: string } | { readonly fault: string } {
  const steps = stepsBelow(path);
  if (steps === undefined) {
    return { fault: `${JSON.stringify(path)} must be a path below ${folder}, without ..` };
  }
  try {
    const real = realpathSync(join(folder, ...steps));
    if (!liesBelow(real, realpathSync(folder))) return { fault: `${JSON.stringify(path)} lies outside ${folder}` };
    const found = statSync(real);
    if (!found.isFile()) return { fault: `${JSON.stringify(path)} is no file` };
    if (found.size > MAX_REQUEST) return { fault: `${JSON.stringify(path)} is too large for a certificate request` };
    return { text: asPem(readFileSync(real)) };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return { fault: `there is no readable file ${JSON.stringify(path)} below ${folder}` };
  }
}

const SEQUENCE = 0x30;

/** A file's text; one in DER, which begins with the tag of a SEQUENCE, is put into PEM. */
function asPem(octets: Buffer): string {
  if (octets[0] !== SEQUENCE) return octets.toString("utf8");
  return writePem("CERTIFICATE REQUEST", octets);
}
