import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSyncPoint } from "../../src/disk/sync-point.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lotmint-sync-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SOURCE = new URL("../../src/disk/sync-point.ts", import.meta.url).href;

/** Whether we may mount, in a namespace of our own, a file system that lies in a file: root may. */
const mayLoop =
  spawnSync("unshare", [
    "-m",
    "sh",
    "-c",
    "mount -t tmpfs none /mnt && truncate -s 16M /mnt/i && mkfs.ext4 -q /mnt/i && mkdir /mnt/d && mount -o loop /mnt/i /mnt/d && umount /mnt/d",
  ]).status === 0;

test.skipIf(!mayLoop)(
  "a write error is told to every batch that was open when it happened, whoever was told first",
  () => {
    // A file system in a file, on a disk that has no room for what is written to it.
    const script = join(folder, "write.mjs");
    writeFileSync(
      script,
      `import { openSyncPoint } from ${JSON.stringify(SOURCE)};
       import { writeFileSync } from "node:fs";
       const [disk, filler] = process.argv.slice(2);
       const points = [openSyncPoint(disk), openSyncPoint(disk)];
       try { writeFileSync(filler, Buffer.alloc(8 << 20)); } catch {}
       writeFileSync(disk + "/file", Buffer.alloc(1 << 20, 1));
       points.push(openSyncPoint(disk));
       const said = [];
       for (const point of points) said.push(await point.sync([disk + "/file"]).then(() => "durable", (fault) => fault.code));
       const late = openSyncPoint(disk);
       said.push(await late.sync([disk]).then(() => "durable", (fault) => fault.code));
       console.log(JSON.stringify(said));`,
    );
    const mounted = `set -e; mount -t tmpfs -o size=2m none "$1"; truncate -s 16M "$1/image"
      mkfs.ext4 -q -O ^has_journal -N 64 "$1/image"; mkdir "$1/disk"; mount -o loop "$1/image" "$1/disk"
      "$2" "$3" "$1/disk" "$1/filler"`;
    const place = join(folder, "place");
    mkdirSync(place);
    const said = execFileSync("unshare", ["-m", "sh", "-c", mounted, "sh", place, execPath, script], {
      encoding: "utf8",
    });
    // The last one was opened after the error had been told, and has nothing on the disk that was lost.
    expect(JSON.parse(said)).toEqual(["disk-unwritable", "disk-unwritable", "disk-unwritable", "durable"]);
  },
);

test("points are synced side by side, and a folder that is not there is the disk's fault", async () => {
  const points = Array.from({ length: 3 }, () => openSyncPoint(folder));
  writeFileSync(join(folder, "file"), "content");
  await Promise.all(points.map((point) => point.sync([folder])));
  for (const point of points) point.close();
  expect(() => openSyncPoint(join(folder, "gone"))).toThrow(expect.objectContaining({ code: "disk-unwritable" }));
});

test("without syncfs every file is synced, one that is gone is the disk's fault, and nothing else is said", () => {
  const code = `import { openSyncPoint } from ${JSON.stringify(SOURCE)};
    const [folder] = process.argv.slice(2);
    const point = openSyncPoint(folder);
    await point.sync([folder]);
    console.log(await point.sync([folder + "/gone"]).then(() => "durable", (fault) => fault.message));`;
  mkdirSync(join(folder, "deep"));
  writeFileSync(join(folder, "deep", "file"), "content");
  const script = join(folder, "sync.mjs");
  writeFileSync(script, code);
  const args = [script, folder];
  const each = spawnSync(execPath, ["--no-experimental-ffi", ...args], { encoding: "utf8" });
  expect([each.stdout, each.stderr]).toEqual([expect.stringContaining("the folder is gone"), ""]);
  // With it, the whole file system is synced, whatever is there by name.
  const whole = spawnSync(execPath, args, { encoding: "utf8" });
  expect([whole.stdout, whole.stderr]).toEqual(["durable\n", ""]);
});

test("on Windows a point opens no folder, which could not be renamed then, and still syncs each file", async () => {
  const point = openSyncPoint(join(folder, "not-there"), "win32");
  writeFileSync(join(folder, "file"), "content");
  await point.sync([folder]);
  await expect(point.sync([join(folder, "gone")])).rejects.toMatchObject({ code: "disk-unwritable" });
  point.close();
});
