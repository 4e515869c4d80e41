import type { Device } from "../domain/device.ts";
import type { Job } from "../domain/job.ts";
import { EXTERNAL_PREFIX } from "../domain/manifest-columns.ts";
import type { Problem } from "../domain/problem.ts";
import { type IdCheck, makeIdCheck } from "./check-id.ts";
import { type CompiledTemplates, compileTemplates } from "./compile-templates.ts";
import { readAliases } from "./read-aliases.ts";
import type { ManifestHeader } from "./read-header.ts";
import type { ManifestRow } from "./read-manifest.ts";
import { readRegistration } from "./read-registration.ts";
import { readRequest } from "./read-request.ts";
import { readSubject } from "./read-subject.ts";
import { addProblem, cellOf, ownName, type RowReading, startReading } from "./row-reading.ts";
import { spreadsheetProblem } from "./spreadsheet-problem.ts";

/** What rows are read by: the same for all rows of a file. */
export interface RowRules {
  readonly job: Job;
  /** lotmint's column -> the manifest's name for it. */
  readonly standard: ReadonlyMap<string, string>;
  readonly templates: CompiledTemplates;
  /** The manifest's columns with ids and numbers of devices. */
  readonly numbered: readonly string[];
  readonly checkId: IdCheck;
  /** Folder that paths in csr cells are below. */
  readonly inputFolder: string;
}

/** Ties a job and a lot to one manifest. Throws `usage` when the job asks for columns that are not there. */
export function makeRowRules(context: {
  readonly job: Job;
  readonly lot: string;
  readonly header: ManifestHeader;
  readonly idRule?: string | undefined;
  readonly inputFolder: string;
}): RowRules {
  const { job, lot, header, idRule, inputFolder } = context;
  return {
    job,
    standard: header.standard,
    templates: compileTemplates(job, lot, header),
    numbered: [...header.standard].flatMap(([column, own]) => (isNumbered(column) ? [own] : [])),
    checkId: makeIdCheck(idRule),
    inputFolder,
  };
}

function isNumbered(column: string): boolean {
  return ["id", "iccid", "serial_number"].includes(column) || column.startsWith(EXTERNAL_PREFIX);
}

/**
 * The device that a row stands for, or everything that is wrong with the row. Of a row with too many
 * cells only that is told, since its cells stand under the wrong headers.
 */
export function rowToDevice(row: ManifestRow, rules: RowRules): Device | readonly Problem[] {
  if (row.problems.length > 0) return row.problems;
  const reading = startReading(row, rules.standard);
  const { externalId, problems } = reading;
  addSpreadsheetProblems(reading, rules);
  // Of what is made from such an id, nothing needs to be told.
  if (spreadsheetProblem(externalId) !== undefined) return problems;
  const wrongId = rules.checkId(externalId);
  if (wrongId !== undefined) addProblem(reading, ownName(reading, "id"), wrongId);
  const subject = readSubject(reading, rules.templates, rules.job.profile);
  const registration = readRegistration(reading, rules.templates, rules.job.registration);
  const certificateRequest = readCertificateRequest(reading, rules.inputFolder);
  // A device that keeps its own key gets no keystore.
  const aliases = cellOf(reading, "csr") === undefined ? readAliases(reading, rules.templates) : undefined;
  if (problems.length > 0) return problems;
  return {
    externalId,
    line: row.line,
    cells: row.cells,
    subject,
    registration,
    ...(aliases !== undefined && { aliases }),
    ...(certificateRequest !== undefined && { certificateRequest }),
  };
}

/** In names they are text; in what names a device they are what a spreadsheet made of it. */
function addSpreadsheetProblems(reading: RowReading, { numbered }: RowRules): void {
  for (const column of numbered) {
    const wrong = spreadsheetProblem(reading.cells[column] ?? "");
    if (wrong !== undefined) addProblem(reading, column, wrong);
  }
}

function readCertificateRequest(reading: RowReading, inputFolder: string): string | undefined {
  const cell = cellOf(reading, "csr");
  if (cell === undefined) return undefined;
  const request = readRequest(cell, inputFolder);
  if ("pem" in request) return request.pem;
  addProblem(reading, ownName(reading, "csr"), request.problem);
  return undefined;
}
