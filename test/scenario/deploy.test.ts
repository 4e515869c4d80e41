import { execFileSync, spawnSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, expect, test } from "vitest";

const units = globSync("deploy/*.{service,timer}");
const folder = mkdtempSync(join(tmpdir(), "lotmint-deploy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

test("there are units to look at", () => {
  expect(units.map((unit) => basename(unit)).sort()).toEqual([
    "lotmint-once.service",
    "lotmint-once.timer",
    "lotmint.service",
  ]);
});

test.skipIf(!hasSystemd && !process.env["CI"])(
  "systemd finds nothing wrong with the units (skipped without systemd)",
  () => {
    // The program is not installed under /opt here: the units are looked at with one that is there.
    mkdirSync(folder, { recursive: true });
    for (const unit of units) {
      const text = readFileSync(unit, "utf8").replaceAll("/opt/lotmint/bin/lotmint", "/bin/true");
      writeFileSync(
        join(folder, basename(unit)),
        text.replaceAll("file:///opt/lotmint/docs/service.md", "man:true(1)"),
      );
    }
    const paths = units.map((unit) => join(folder, basename(unit)));
    const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...paths], { encoding: "utf8" });
    expect({ status, stderr: complaints(stderr) }).toEqual({ status: 0, stderr: [] });
  },
);

test.each(units.filter((unit) => unit.endsWith(".service")))(
  "%s gets its secrets as credentials, never in a variable",
  (unit) => {
    const text = readFileSync(unit, "utf8");
    const secrets = [...text.matchAll(/^Environment=(LOTMINT_(?:PASSPHRASE|PLATFORM)\S*?)=(.*)$/gm)];
    expect(secrets.length).toBeGreaterThan(0);
    for (const [, name, value] of secrets) {
      expect(name).toMatch(/_FILE$/);
      expect(text).toContain(`LoadCredential=${value?.replace("%d/", "")}:`);
    }
  },
);

test.each(units.filter((unit) => unit.endsWith(".service")))("%s logs for machines", (unit) => {
  expect(readFileSync(unit, "utf8")).toMatch(/^ExecStart=.* --log-format json$/m);
});

test("both services are held in by the same walls", () => {
  const walls = (unit: string) =>
    readFileSync(unit, "utf8")
      .split("\n")
      .filter((line) =>
        /^(NoNewPrivileges|Protect|Private|Restrict|Capability|SystemCall|Lock|Limit|Memory)/.test(line),
      );
  expect(walls("deploy/lotmint-once.service")).toEqual(walls("deploy/lotmint.service"));
  expect(walls("deploy/lotmint.service")).toContain("NoNewPrivileges=yes");
});

test("the scheduled task runs one watcher for good, and starts it again, without a secret", () => {
  const text = readFileSync("deploy/lotmint-task.xml", "utf8");
  const element = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  expect(element("MultipleInstancesPolicy")).toBe("IgnoreNew");
  expect(element("ExecutionTimeLimit")).toBe("PT0S");
  expect(element("Interval")).toBe("PT5M");
  const [, words = ""] = /lotmint\.cmd" (.*?) 2&gt;&gt;/.exec(element("Arguments") ?? "") ?? [];
  expect(words).toBe("--home C:\\lotmint --log-format json watch");
  expect(text).not.toContain("LOTMINT_");
});

test("the program that the units start is there and answers", () => {
  expect(execFileSync(join(process.cwd(), "bin", "lotmint"), ["--version"], { encoding: "utf8" })).toMatch(
    /^\d+\.\d+\.\d+\n$/,
  );
});

/** What systemd says about other units of the machine is not about ours. */
function complaints(stderr: string): readonly string[] {
  return stderr.split("\n").filter((line) => line.includes("lotmint"));
}
