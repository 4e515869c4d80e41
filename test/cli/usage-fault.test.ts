import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runInProcess } from "../scenario/in-process.ts";

let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "lotmint-usage-"));
  mkdirSync(join(home, "jobs"));
});
afterAll(() => rmSync(home, { recursive: true }));

test.each([
  ["run", "name a job or a manifest; see lotmint run --help"],
  ["plan", "name a job or a manifest; see lotmint plan --help"],
  ["check", "name a lot; see lotmint check --help"],
  ["submit", "name a lot; see lotmint submit --help"],
  ["backup", "name a file; see lotmint backup --help"],
  ["remint --reason superseded", "name at least one device, by its id; see lotmint remint --help"],
  ["remint A", "give --reason; see lotmint remint --help"],
  ["authority", "name what to do with an authority; see lotmint authority --help"],
  ["authority create", "name an authority; see lotmint authority create --help"],
  ["authority sign x", "give --issuer and --out; see lotmint authority sign --help"],
  ["truststore fetch", "name a server as HOST:PORT; see lotmint truststore fetch --help"],
  ["", "name a command; see lotmint --help"],
  ["stauts", "there is no command stauts; did you mean status? See lotmint --help"],
  ["rnu x", "there is no command rnu; did you mean run? See lotmint --help"],
  ["xyzzy", "there is no command xyzzy; see lotmint --help"],
  ["help rnu", "there is no command rnu; did you mean run? See lotmint --help"],
  ["authority creat x", "there is no command creat; did you mean create? See lotmint authority --help"],
  ["run x --isuer a", "there is no option --isuer; did you mean --issuer? See lotmint run --help"],
  [
    "run x --accept-chnages",
    "there is no option --accept-chnages; did you mean --accept-changes? See lotmint run --help",
  ],
  ["revoke A --no-puhs", "there is no option --puhs; did you mean --push? See lotmint revoke --help"],
  ["run x -q", "there is no option -q; see lotmint run --help"],
  ["status --jsn", "there is no option --jsn; did you mean --json? See lotmint status --help"],
  ["status a b", "b is one argument too many; see lotmint status --help"],
  ["run x --issuer", "--issuer takes a value; see lotmint run --help"],
  [
    "status --log-level lout",
    '--log-level takes silent, error, warn, info, debug, not "lout"; see lotmint status --help',
  ],
])("lotmint %s is refused in words of our own", async (line, message) => {
  const { code, told } = await runInProcess(line === "" ? [] : line.split(" "), home);
  expect([code, told.replace(/\s+/g, " ").trim()]).toEqual([2, `error: ${message}`]);
});
