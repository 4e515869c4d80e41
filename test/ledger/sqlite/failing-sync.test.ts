import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as world from "../ledger-world.ts";

/** Commits until one is refused, then asks another process's connection how many stand. */
const PROGRAM = `
  import { execFileSync } from "node:child_process";
  import { openLedger } from ${JSON.stringify(import.meta.resolve("../../../src/ledger/sqlite/open-ledger.ts"))};
  const [path, count] = process.argv.slice(2);
  const ledger = await openLedger(path, { now: () => 0 });
  let told = 0;
  let refused;
  while (refused === undefined && told < 100) {
    await ledger.recordEvent({ kind: "note", subject: String(told), detail: {} }).then(() => told++, (error) => { refused = error.code; });
  }
  const others = Number(execFileSync(process.execPath, [count, path], { encoding: "utf8" }));
  console.log(JSON.stringify({ told, refused, others }));
  process.kill(process.pid, "SIGKILL");
`;
const COUNT = `
  import { DatabaseSync } from "node:sqlite";
  const ledger = new DatabaseSync(process.argv[2], { readOnly: true });
  console.log(ledger.prepare("SELECT count(*) AS n FROM events WHERE kind = 'note'").get().n);
`;

function canInject(): boolean {
  return spawnSync("strace", ["-e", "inject=fdatasync:error=EIO", "true"]).status === 0;
}

test.skipIf(!canInject())("a commit whose sync fails stands for nobody, so that nothing is built on it", () => {
  const folder = world.temporaryFolder();
  const path = join(folder, "ledger.sqlite");
  const program = join(folder, "commit.mjs");
  const count = join(folder, "count.mjs");
  writeFileSync(program, PROGRAM);
  writeFileSync(count, COUNT);
  const syncs = "fsync,fdatasync";
  const answer = spawnSync(
    "strace",
    ["-f", "-o", join(folder, "strace"), "-P", `${path}-wal`, "-e", `trace=${syncs}`]
      .concat(["-e", `inject=${syncs}:error=EIO:when=12+`])
      .concat([process.execPath, program, path, count]),
    { encoding: "utf8" },
  );
  const { told, refused, others } = JSON.parse(answer.stdout);
  expect({ refused, others }).toEqual({ refused: "disk-unwritable", others: told });
  expect(told).toBeGreaterThan(0);
});
