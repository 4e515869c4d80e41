import { nounFor } from "../../domain/noun-for.ts";
import { describeCertificate } from "../../lookup/inspect/describe-certificate.ts";
import type { Inspection } from "../../lookup/inspect/inspection.ts";
import type { TruststoreContents } from "../../lookup/truststore-entries.ts";
import { paint, type TextOptions, wrapText } from "../../report/plain-text.ts";

const FORMATS: Readonly<Record<TruststoreContents["format"], string>> = {
  pkcs12: "PKCS#12",
  jks: "Java keystore (JKS)",
  pem: "PEM",
};

/** A truststore as `lotmint inspect --json` tells it. */
export function truststoreJson({ format, entries }: TruststoreContents): Inspection {
  return {
    kind: "truststore",
    format: FORMATS[format],
    entries: entries.map(({ alias, certificate }) => ({
      ...(alias !== undefined && { alias }),
      kind: "trusted",
      chain: [describeCertificate(certificate)],
    })),
  };
}

/** A truststore for people, an entry after the other. */
export function truststoreText(path: string, contents: TruststoreContents, options: TextOptions): string {
  const { format, entries } = truststoreJson(contents);
  const count = `${entries.length} ${nounFor(entries.length, "certificate")}`;
  const lines = entries.flatMap(({ alias, chain: [certificate] }) => {
    if (certificate === undefined) return [];
    const row = (name: string, text: string) => wrapText(text, `  ${name.padEnd(10)}`, " ".repeat(12), options.width);
    return [
      paint(alias ?? "(no alias)", "bold", options),
      row("subject", certificate.subject),
      row("valid to", certificate.notAfter),
      row("SHA-256", certificate.sha256),
    ];
  });
  return `${[wrapText(`${path}: ${format}, ${count}`, "", "  ", options.width), ...lines].join("\n")}\n`;
}
