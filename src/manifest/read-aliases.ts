import type { KeystoreAliases } from "../domain/device.ts";
import { countCharacters } from "../domain/subject-rules.ts";
import type { CompiledTemplates, Piece } from "./compile-templates.ts";
import { addProblem, columnOf, fillTemplate, type RowReading } from "./row-reading.ts";

/** Readers show and take aliases as one line of text. In characters. */
const MAX_ALIAS = 128;

/** The aliases that the job makes from a row; undefined when it makes none. What cannot be one is a problem of its column. */
export function readAliases(reading: RowReading, { aliases }: CompiledTemplates): KeystoreAliases | undefined {
  const { pkcs12, jks } = aliases;
  if (pkcs12 === undefined && jks === undefined) return undefined;
  return {
    ...(pkcs12 !== undefined && { pkcs12: readAlias(reading, pkcs12, "keystore.p12") }),
    ...(jks !== undefined && { jks: readAlias(reading, jks, "keystore.jks") }),
  };
}

function readAlias(reading: RowReading, pieces: readonly Piece[], file: string): string {
  const filled = fillTemplate(reading, pieces);
  if ("empty" in filled) {
    addProblem(reading, filled.empty, `the cell is empty, and the job makes the alias in ${file} from it`);
    return "";
  }
  const wrong = aliasProblem(filled.text);
  if (wrong !== undefined) addProblem(reading, columnOf(reading, pieces), `the alias in ${file} ${wrong}`);
  return filled.text;
}

function aliasProblem(alias: string): string | undefined {
  if (!alias.isWellFormed()) return "holds half a character (a lone surrogate)";
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(alias)) return "holds a control character or a line break";
  const characters = countCharacters(alias);
  return characters > MAX_ALIAS ? `has ${characters} characters, the most is ${MAX_ALIAS}` : undefined;
}
