import { checkRegistrationValue } from "../domain/cell-rules.ts";
import type { Registration } from "../domain/job.ts";
import type { RegistrationRow } from "../domain/registration.ts";
import type { CompiledTemplates, Piece } from "./compile-templates.ts";
import { addProblem, cellOf, columnOf, fillTemplate, ownName, type RowReading } from "./row-reading.ts";

const SHELL_WORDS: ReadonlyMap<string, boolean> = new Map([
  ["1", true],
  ["true", true],
  ["yes", true],
  ["0", false],
  ["false", false],
  ["no", false],
]);

/** A row's registration: the job's values, with the row's own cells winning where they are filled. */
export function readRegistration(
  reading: RowReading,
  templates: CompiledTemplates,
  asked: Registration,
): RegistrationRow {
  /** In other modes no CSV is made, so there is nothing that a value could break. */
  const isBulk = asked.mode === "bulk";
  const checked = (field: string, value: string): string => {
    const wrong = isBulk ? checkRegistrationValue(value) : undefined;
    if (wrong !== undefined) addProblem(reading, field, `the value ${wrong}`);
    return value;
  };
  const own = (column: string): string | undefined => {
    const value = cellOf(reading, column);
    return value === undefined ? undefined : checked(ownName(reading, column), value);
  };
  const ownOrMade = (column: string, pieces: readonly Piece[]): string => {
    const given = own(column);
    if (given !== undefined) return given;
    const filled = fillTemplate(reading, pieces);
    if ("text" in filled) return checked(columnOf(reading, pieces), filled.text);
    addProblem(reading, filled.empty, `the cell is empty, and the job makes the device's ${column} from it`);
    return "";
  };
  const collect = (wanted: readonly { readonly name: string; readonly column: string }[]) => {
    const values: Record<string, string> = {};
    for (const { name, column } of wanted) {
      const value = reading.cells[column] ?? "";
      if (value !== "") values[name] = checked(column, value);
    }
    return values;
  };
  const name = ownOrMade("name", templates.name);
  const path = templates.path === undefined ? own("path") : ownOrMade("path", templates.path);
  const idType = own("idtype") ?? asked.idType;
  const iccid = own("iccid");
  const shell = readShell(reading) ?? asked.shell;
  return {
    type: own("type") ?? asked.type,
    name,
    ...(idType !== undefined && { idType }),
    ...(iccid !== undefined && { iccid }),
    ...(path !== undefined && { path }),
    ...(shell !== undefined && { shell }),
    agent: asked.agent,
    properties: collect(templates.properties),
    externalIds: collect(templates.external),
  };
}

function readShell(reading: RowReading): boolean | undefined {
  const cell = cellOf(reading, "shell");
  if (cell === undefined) return undefined;
  const shell = SHELL_WORDS.get(cell.toLowerCase());
  if (shell === undefined) {
    addProblem(reading, ownName(reading, "shell"), "the value must be one of 1, true, yes, 0, false, no");
  }
  return shell;
}
