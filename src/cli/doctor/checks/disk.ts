import { closeSync, fsyncSync, openSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { diskError, statIfThere } from "../../../disk/disk-error.ts";
import { writeAll } from "../../../disk/durable.ts";
import { removeStaged, stagingName } from "../../../disk/staging.ts";
import { requireLocalDisk } from "../../../ledger/sqlite/local-disk.ts";
import { type DoctorCheck, type DoctorFinding, ok, problem, warning } from "../doctor-check.ts";

const MB = 1024 * 1024;
/** A lot of 20,000 devices takes about 400 MB. */
const WARN_BYTES = 1024 * MB;
const LEAST_BYTES = 100 * MB;
const WARN_FILES = 200_000;

/** Space and files left where runs write, whether data can be made durable there, and a local disk for the ledger. */
export const diskCheck: DoctorCheck = {
  name: "disk",
  look: ({ home }) => {
    const places = [home.state, home.output].filter((path) => statIfThere(path)?.isDirectory() === true);
    if (places.length === 0) return [ok("no folder is written to yet")];
    requireLocalDisk(home.state);
    return places.flatMap((place) => [...space(place), ...probe(place)]);
  },
};

function space(place: string): readonly Omit<DoctorFinding, "name">[] {
  const { bavail, bsize, ffree, files } = statfsSync(place);
  const bytes = bavail * bsize;
  const left = `${Math.floor(bytes / MB)} MB are free at ${place}`;
  const cure = "remove what is not needed, or move the home to a larger disk";
  // Some file systems count no files.
  const fewFiles = files > 0 && ffree < WARN_FILES ? [warning(`only ${ffree} more files fit at ${place}`, cure)] : [];
  if (bytes < LEAST_BYTES) return [problem(left, cure), ...fewFiles];
  if (bytes < WARN_BYTES) return [warning(left, cure), ...fewFiles];
  return [ok(left), ...fewFiles];
}

/** Writes, syncs and removes a file. */
function probe(place: string): readonly Omit<DoctorFinding, "name">[] {
  const path = join(place, stagingName("doctor"));
  try {
    const file = openSync(path, "wx", 0o600);
    try {
      writeAll(file, "lotmint doctor\n");
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    // What a killed process left.
    removeStaged(path, "doctor");
    return [];
  } catch (error) {
    throw diskError(error, place);
  } finally {
    rmSync(path, { force: true });
  }
}
