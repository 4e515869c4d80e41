import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, win32 } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkAgainst } from "../../src/config/describe-issues.ts";
import { jobSchema } from "../../src/config/job-schema.ts";
import { readYaml } from "../../src/config/read-yaml.ts";
import { resolvePaths } from "../../src/config/resolve-paths.ts";

function read(yaml: string) {
  const folder = mkdtempSync(join(tmpdir(), "lotmint-paths-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "job.yaml");
  writeFileSync(path, yaml);
  return readYaml(path, "jobs/job.yaml").value;
}

test("on Windows a job's paths may have drive letters, backslashes and slashes, and CRLF between lines", () => {
  const checked = checkAgainst(
    jobSchema,
    read(
      [
        "issuer: line-3",
        "manifest: ..\\input\\L-*.csv",
        "secrets: { folder: 'E:\\usb\\lots', sealTo: \\keys\\officer.pem }",
        "truststore: { certificates: [platform, ../trust/ca.pem, \\\\server\\trust\\ca.pem] }",
        "",
      ].join("\r\n"),
    ),
  );
  if ("faults" in checked) throw new Error(JSON.stringify(checked.faults));
  expect(resolvePaths(checked.value, "C:\\lotmint\\jobs", win32)).toMatchObject({
    manifest: "C:\\lotmint\\input\\L-*.csv",
    secrets: { folder: "E:\\usb\\lots", sealTo: "C:\\keys\\officer.pem" },
    truststore: { certificates: ["platform", "C:\\lotmint\\trust\\ca.pem", "\\\\server\\trust\\ca.pem"] },
  });
});

test("a path with backslashes in double quotes is refused with the cure", () => {
  expect(() => read('manifest: "C:\\lots\\a.csv"\n')).toThrow(
    /job\.yaml:1: Invalid escape sequence \\l.*single quotes/,
  );
});
