import { z } from "zod";
import { jobSchema } from "../src/config/job-schema.ts";

/** The job file's schema as JSON Schema, as text, for editors: draft 7, which they all read. */
export function jobJsonSchema(): string {
  const schema = z.toJSONSchema(jobSchema, { io: "input", target: "draft-07" });
  const described = { ...schema, title: "lotmint job", description: "What lotmint does with a manifest of devices." };
  return `${JSON.stringify(described, null, 2)}\n`;
}
