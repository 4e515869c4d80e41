import type { InspectedCertificate } from "../../../src/lookup/inspect/inspection.ts";

/** What openssl or keytool says of a certificate, in the words of `lotmint inspect`; what it does not show is left out. */
export type Shown = Partial<Omit<InspectedCertificate, "extensions">> & {
  readonly extensions: readonly { readonly name: string; readonly critical: boolean; readonly value?: string }[];
};

const NAMES: Readonly<Record<string, string>> = {
  "Subject Key Identifier": "subjectKeyIdentifier",
  "Key Usage": "keyUsage",
  "Subject Alternative Name": "subjectAltName",
  "Issuer Alternative Name": "issuerAltName",
  "Basic Constraints": "basicConstraints",
  "Name Constraints": "nameConstraints",
  "CRL Distribution Points": "cRLDistributionPoints",
  "Certificate Policies": "certificatePolicies",
  "Authority Key Identifier": "authorityKeyIdentifier",
  "Extended Key Usage": "extKeyUsage",
  "Authority Information Access": "authorityInfoAccess",
  "Netscape Comment": "nsComment",
};

/** `openssl x509 -text -fingerprint -sha256 -nameopt …` with names in the order of the certificate. */
export const OPENSSL_TEXT = [
  "-noout",
  "-text",
  "-fingerprint",
  "-sha256",
  "-nameopt",
  "sep_comma_plus,utf8,esc_2253,sname",
];

export function readOpensslText(text: string): Shown {
  const one = (pattern: RegExp) => pattern.exec(text)?.[1]?.trim() ?? "";
  const time = (word: string) => isoOf(one(new RegExp(`Not ${word}\\s*: (.*)`)));
  const serial = /Serial Number:\s*(?:(?:(\d+) \(0x)|)((?:[0-9a-f]{2}:?)+|[0-9a-f]+)\)?/.exec(text)?.[2] ?? "";
  const digits = serial.replaceAll(":", "");
  const curve = one(/NIST CURVE: (.*)/);
  const type = one(/Public Key Algorithm: (.*)/);
  const bits = one(/Public-Key: \((\d+) bit/);
  return {
    subject: one(/^ {8}Subject: (.*)/m),
    issuer: one(/^ {8}Issuer: (.*)/m),
    serialNumber: digits.padStart(digits.length + (digits.length % 2), "0"),
    notBefore: time("Before"),
    notAfter: time("After"),
    sha256: one(/sha256 Fingerprint=(.*)/i)
      .replaceAll(":", "")
      .toLowerCase(),
    version: Number(one(/Version: (\d)/)),
    keyAlgorithm:
      type === "id-ecPublicKey"
        ? `ec-${curve.replace("-", "").toLowerCase()}`
        : type === "rsaEncryption"
          ? `rsa-${bits}`
          : type.toLowerCase(),
    signatureAlgorithm: one(/Signature Algorithm: (.*)/),
    extensions: readOpensslExtensions(text),
  };
}

function readOpensslExtensions(text: string) {
  const found: { name: string; critical: boolean; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const head = /^ {12}(?:X509v3 )?([A-Z0-9].*?): ?(critical)?\s*$/.exec(line);
    if (head !== null)
      found.push({ name: NAMES[head[1] ?? ""] ?? head[1] ?? "", critical: head[2] !== undefined, lines: [] });
    else if (/^ {16,}\S/.test(line) || line === "") found.at(-1)?.lines.push(line.trim());
    else if (/^ {0,8}\S/.test(line)) found.push({ name: "", critical: false, lines: [] });
  }
  return found
    .filter(({ name }) => Object.values(NAMES).includes(name))
    .map(({ name, critical, lines }) => {
      const value = lines.filter((line) => line !== "" && line !== "Full Name:").join(", ");
      return { name, critical, value: worded(name, value) };
    });
}

/** Differences of layout alone. */
function worded(name: string, value: string): string {
  if (name === "authorityKeyIdentifier" && /^[0-9A-F:]+$/.test(value)) return `keyid:${value}`;
  // openssl shows the names in there with slashes, whatever it is told.
  if (name === "authorityKeyIdentifier")
    return value
      .replace(/DirName:\/([^,]*)/, (_, dn: string) => `DirName:${dn.replaceAll("/", ",")}`)
      .replace(/(?:\\x[0-9A-F]{2})+/g, (octets) => Buffer.from(octets.replaceAll("\\x", ""), "hex").toString("utf8"));
  if (name === "nameConstraints")
    return value.replace(/(Permitted|Excluded):, /g, "$1: ").replace(", Excluded", "; Excluded");
  return value;
}

/** The certificates of `keytool -list -v` or `-printcert`, in its order. */
export function readKeytoolText(text: string): readonly Shown[] {
  return text
    .split(/^(?=Owner: )/m)
    .slice(1)
    .map((part) => {
      const one = (pattern: RegExp) => pattern.exec(part)?.[1]?.trim() ?? "";
      const digits = one(/Serial number: (.*)/);
      const [, from = "", until = ""] = /Valid from: (.*?) until: (.*)/.exec(part) ?? [];
      return {
        subject: turned(one(/Owner: (.*)/)),
        issuer: turned(one(/Issuer: (.*)/)),
        serialNumber: digits.padStart(digits.length + (digits.length % 2), "0"),
        notBefore: isoOf(from),
        notAfter: isoOf(until),
        sha256: one(/SHA256: (.*)/)
          .replaceAll(":", "")
          .toLowerCase(),
        sha1: one(/SHA1: (.*)/)
          .replaceAll(":", "")
          .toLowerCase(),
        version: Number(one(/^Version: (\d)/m)),
        signatureAlgorithm: signatureOf(one(/Signature algorithm name: (\S+)/)),
        keyAlgorithm: keyOf(one(/Subject Public Key Algorithm: (.*)/)),
        extensions: [...part.matchAll(/ObjectId: (\S+) Criticality=(true|false)/g)].map(([, name = "", critical]) => ({
          name,
          critical: critical === "true",
        })),
      };
    });
}

/** Java shows names from their end. */
function turned(name: string): string {
  return name.split(", ").toReversed().join(",").replace("EMAILADDRESS=", "emailAddress=");
}

function signatureOf(java: string): string {
  const [, digest = "", key = ""] = /^SHA(\d+)with(RSA|ECDSA)$/.exec(java) ?? [];
  if (key === "") return java.toUpperCase();
  return key === "RSA" ? `sha${digest}WithRSAEncryption` : `ecdsa-with-SHA${digest}`;
}

function keyOf(java: string): string {
  const [, bits = "", key = ""] = /^(\d+)-bit (\S+)/.exec(java) ?? [];
  if (key === "EC") return `ec-p${bits}`;
  return key === "RSA" ? `rsa-${bits}` : key.toLowerCase();
}

/** "Nov 25 10:00:00 2026 GMT" and "Wed Nov 25 10:00:00 UTC 2026". */
function isoOf(text: string): string {
  const [, month = "", day = "", time = "", year = ""] =
    /(?:[A-Z][a-z]{2} )?([A-Z][a-z]{2}) +(\d+) ([\d:]{8}) (?:[A-Z]+ )?(\d+)/.exec(text) ?? [];
  const ms = Date.parse(`${day} ${month} ${year} ${time} GMT`);
  return Number.isNaN(ms) ? text : new Date(ms).toISOString().replace(".000", "");
}
