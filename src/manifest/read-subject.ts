import type { Profile } from "../domain/certificate.ts";
import { SUBJECT_ATTRIBUTES, type Subject, type SubjectAttribute, type SubjectPart } from "../domain/certificate.ts";
import { checkSubjectValue } from "../domain/subject-rules.ts";
import type { CompiledTemplates } from "./compile-templates.ts";
import { addProblem, columnOf, fillTemplate, type RowReading } from "./row-reading.ts";

const ORDER = Object.fromEntries(SUBJECT_ATTRIBUTES.map((attribute, index) => [attribute, index])) as Readonly<
  Record<SubjectAttribute, number>
>;

/**
 * A row's subject, CN included, in the order of the certificate. An attribute whose column is empty
 * drops out, unless the profile requires it.
 */
export function readSubject(reading: RowReading, templates: CompiledTemplates, profile: Profile): Subject {
  const parts: SubjectPart[] = [{ attribute: "CN", value: reading.externalId }];
  for (const { attribute, pieces } of templates.subject) {
    const filled = fillTemplate(reading, pieces);
    if ("text" in filled) {
      const wrong = checkSubjectValue(attribute, filled.text);
      if (wrong !== undefined) addProblem(reading, columnOf(reading, pieces), `${attribute} ${wrong}`);
      parts.push({ attribute, value: filled.text });
    } else if (profile.requiredSubject.includes(attribute)) {
      addProblem(reading, filled.empty, `the cell is empty, and profile ${profile.name} requires ${attribute}`);
    }
  }
  return parts.sort((a, b) => ORDER[a.attribute] - ORDER[b.attribute]);
}
