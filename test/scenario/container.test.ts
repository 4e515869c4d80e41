import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const IMAGE = "localhost/lotmint-test";
/** Asked for, since a build pulls an image of Node.js and needs a machine that lets containers be made. */
const builds = process.env["LOTMINT_TEST_CONTAINER"] === "1" && spawnSync("podman", ["info"]).status === 0;
afterAll(() => {
  if (builds) spawnSync("podman", ["image", "rm", "--force", IMAGE]);
});

/** Instructions of the Containerfile in their order, continued lines joined, by stage. */
function stages(): readonly (readonly (readonly [instruction: string, rest: string])[])[] {
  const lines = readFileSync(`${ROOT}/Containerfile`, "utf8")
    .replace(/\\\n\s*/g, "")
    .split("\n");
  const instructions = lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => [line.split(" ", 1)[0] ?? "", line.slice(line.indexOf(" ") + 1)] as const);
  return instructions.reduce<(readonly [string, string])[][]>((all, one) => {
    if (one[0] === "FROM") all.push([]);
    all.at(-1)?.push(one);
    return all;
  }, []);
}

test("the container's second stage takes the installed program alone, and runs it as a user without rights", () => {
  const [build = [], final = [], ...more] = stages();
  expect(more).toEqual([]);
  expect(build.some(([name, rest]) => name === "RUN" && rest.includes("npm pack"))).toBe(true);
  const copies = final.filter(([name]) => name === "COPY").map(([, rest]) => rest);
  expect(copies).toEqual(["--from=build /opt/lotmint /opt/lotmint"]);
  expect(final.filter(([name]) => name === "USER").map(([, rest]) => rest)).toEqual(["1000:1000"]);
  expect(final.findIndex(([name]) => name === "USER")).toBeGreaterThan(final.findLastIndex(([name]) => name === "RUN"));
});

test("the container keeps its home in a volume, and is asked for its health by lotmint status", () => {
  const final = new Map(stages()[1]);
  expect(final.get("VOLUME")).toBe("/home/lotmint");
  expect(final.get("ENV")).toContain("LOTMINT_HOME=/home/lotmint");
  const health = final.get("HEALTHCHECK") ?? "";
  expect(JSON.parse(health.slice(health.indexOf("[")))).toEqual(["lotmint", "status", "--log-level", "error"]);
  expect(JSON.parse(final.get("ENTRYPOINT") ?? "")).toEqual(["lotmint"]);
});

test("nothing of a home and no installed package goes into the build", () => {
  const ignored = readFileSync(`${ROOT}/.containerignore`, "utf8").split("\n");
  expect(ignored).toEqual(expect.arrayContaining(["state", "output", "input", "lotmint.yaml", "node_modules", ".git"]));
});

test.skipIf(!builds)(
  "the image is built and tells its version on a read-only root (with podman, when asked for)",
  () => {
    execFileSync("podman", ["build", "--tag", IMAGE, ROOT], { stdio: "inherit" });
    const version = execFileSync("podman", ["run", "--rm", "--read-only", IMAGE, "--version"], { encoding: "utf8" });
    expect(version).toMatch(/^\d+\.\d+\.\d+\n$/);
  },
);
