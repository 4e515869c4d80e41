import { nounFor } from "../domain/noun-for.ts";
import { count, paint, plainText, type TextOptions, wrapText } from "./plain-text.ts";

/** What a rehearsal has found, as far as the reader of the terminal needs it. */
export interface RehearsedLot {
  readonly lot: string;
  readonly devices: number;
  readonly rehearsed: number;
  readonly letIn: number;
  readonly revoked: number;
  readonly found: number;
  /** Those that are not right first. `token` and `mqtt` are "let in" for a device that was accepted. */
  readonly results: readonly {
    readonly externalId: string;
    readonly token: string;
    readonly mqtt: string;
    readonly right: boolean;
    readonly findings: readonly { readonly part: string; readonly words: string }[];
  }[];
  readonly notes: readonly string[];
}

const MOST_DEVICES = 30;

/** How a lot's devices fared at the platform's endpoints, the first thirty that were refused in detail. */
export function rehearsalText(outcome: RehearsedLot, options: TextOptions): string {
  const { found, letIn, rehearsed, devices, revoked } = outcome;
  const verdict =
    found > 0
      ? paint(`RED: ${count(found)} ${nounFor(found, "device")} not as it should be`, "red", options)
      : paint("GREEN: the platform does with every device what it should", "green", options);
  const lines = [
    `${paint(`Lot ${plainText(outcome.lot)}`, "bold", options)}  ${verdict}`,
    "",
    `  ${count(rehearsed)} of ${count(devices)} ${nounFor(devices, "device connected with its own keystore", "devices connected with their own keystores")}: ${count(letIn)} accepted at both endpoints`,
  ];
  if (revoked > 0)
    lines.push(`  ${count(revoked)} revoked and refused, as ${nounFor(revoked, "it", "they")} should be`);
  if (found > 0) lines.push("", paint("Not as it should be", "bold", options));
  const wrong = outcome.results.filter(({ right }) => !right);
  for (const { externalId, token, mqtt, findings } of wrong.slice(0, MOST_DEVICES)) {
    lines.push(
      wrapText(`token: ${shown(token)}; MQTT: ${shown(mqtt)}`, `  ${plainText(externalId)}  `, "    ", options.width),
    );
    for (const { part, words } of findings)
      lines.push(wrapText(words, part === "none" ? "    " : `    ${part}: `, "      ", options.width));
  }
  const more = found - Math.min(wrong.length, MOST_DEVICES);
  if (more > 0) lines.push(`  and ${count(more)} more; --json lists them`);
  if (outcome.notes.length > 0) {
    lines.push(
      "",
      paint("Notes", "bold", options),
      ...outcome.notes.map((note) => wrapText(note, "  - ", "    ", options.width)),
    );
  }
  return `${lines.join("\n")}\n`;
}

function shown(answer: string): string {
  return answer === "let in" ? "accepted" : answer;
}
