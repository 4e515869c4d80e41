import { writeFileSync } from "node:fs";
import { jobJsonSchema } from "./job-json-schema.ts";

/** Writes jobs/job.schema.json anew; run it after the job's schema has changed. */
writeFileSync(new URL("../jobs/job.schema.json", import.meta.url), jobJsonSchema());
