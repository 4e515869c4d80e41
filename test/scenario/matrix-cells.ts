/** What is read by whom: the list behind the matrix in docs/formats.md and the tests that prove it. */

export const READERS = ["OpenSSL", "keytool", "Java", "GnuTLS", "NSS", "Node TLS", "curl"] as const;
export type Reader = (typeof READERS)[number];

export const KEYSTORES = ["PKCS#12 modern", "PKCS#12 legacy", "JKS", "encrypted PEM"] as const;
export const TRUSTSTORES = ["truststore PKCS#12", "truststore JKS", "truststore PEM"] as const;
export type Format = (typeof KEYSTORES)[number] | (typeof TRUSTSTORES)[number];

/** Each device has another kind of issuer than its own key where that covers all kinds of both. */
export const PAIRS = [
  { key: "ec-p256", issuer: "rsa-4096", words: "EC P-256" },
  { key: "ec-p384", issuer: "ec-p384", words: "EC P-384" },
  { key: "rsa-2048", issuer: "ec-p256", words: "RSA-2048" },
  { key: "rsa-4096", issuer: "rsa-2048", words: "RSA-4096" },
] as const;
export type Pair = (typeof PAIRS)[number];

/** Why a reader is not asked for a format ("n/a"), or what it does with it when it is ("refuses"). */
interface Exception {
  readonly word: "n/a" | "refuses";
  readonly reason: string;
}

const NO_JKS = { word: "n/a", reason: "knows no JKS" } as const;
const PEM_ONLY = { word: "n/a", reason: "takes trusted certificates as PEM only" } as const;

const EXCEPTIONS: Readonly<Record<Reader, Readonly<Partial<Record<Format, Exception>>>>> = {
  OpenSSL: { JKS: NO_JKS, "truststore JKS": NO_JKS },
  keytool: { "encrypted PEM": { word: "n/a", reason: "takes a key from a keystore only" } },
  Java: {},
  GnuTLS: { JKS: NO_JKS, "truststore JKS": NO_JKS },
  NSS: {
    JKS: NO_JKS,
    "truststore JKS": NO_JKS,
    "encrypted PEM": { word: "n/a", reason: "takes a key from PKCS#12 only" },
  },
  "Node TLS": {
    JKS: NO_JKS,
    "truststore JKS": NO_JKS,
    "truststore PKCS#12": { word: "refuses", reason: "takes no PKCS#12 without a key" },
  },
  curl: { JKS: NO_JKS, "truststore JKS": NO_JKS, "truststore PKCS#12": PEM_ONLY },
};

export function exceptionOf(reader: Reader, format: Format): Exception | undefined {
  return EXCEPTIONS[reader][format];
}

/** The matrix as it stands in docs/formats.md. */
export function matrixTable(): string {
  const reasons: string[] = [];
  const noteOf = (reason: string) => {
    if (!reasons.includes(reason)) reasons.push(reason);
    return `[${reasons.indexOf(reason) + 1}]`;
  };
  const cell = (reader: Reader, format: Format) => {
    const exception = exceptionOf(reader, format);
    return exception === undefined ? "reads" : `${exception.word} ${noteOf(exception.reason)}`;
  };
  const row = (title: string, format: Format) =>
    `| ${[title, ...READERS.map((reader) => cell(reader, format))].join(" | ")} |`;
  const rows = [
    `| ${["", ...READERS].join(" | ")} |`.replace("|  |", "| |"),
    `|${"---|".repeat(READERS.length + 1)}`,
    ...KEYSTORES.flatMap((format) => PAIRS.map(({ words }) => row(`${format}, ${words}`, format))),
    ...TRUSTSTORES.map((format) => row(format, format)),
  ];
  const notes = reasons.map((reason, index) => `[${index + 1}] ${reason}.`);
  return `${rows.join("\n")}\n\n${notes.join(" ")}\n`;
}
