import { type DoctorCheck, ok, splitCure } from "../doctor-check.ts";

/** Whether the secrets that came with the environment can be used: files that others may read cannot. */
export const secretsCheck: DoctorCheck = {
  name: "secrets",
  look: ({ secrets }) => {
    const given = secrets.givenNames();
    if (given.length === 0) return [ok("none is given; on a terminal they are asked for")];
    return given.map(({ name, problem }) =>
      problem === undefined ? ok(`${name} is given`) : { state: "problem", ...splitCure(`${name}: ${problem}`) },
    );
  },
};
