import { arch, platform, versions } from "node:process";
import { type DoctorCheck, ok, problem } from "../doctor-check.ts";

/** Node.js runs TypeScript, and has what the ledger needs, from here. */
const OLDEST = { major: 22, minor: 19 };

/** Whether the Node.js that runs this is one that lotmint is made for. */
export const runtimeCheck: DoctorCheck = {
  name: "runtime",
  look: () => {
    const [major = 0, minor = 0] = versions.node.split(".").map(Number);
    const told = `Node.js ${versions.node}, OpenSSL ${versions.openssl ?? "?"}, ${platform} ${arch}`;
    const fits = major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
    return [fits ? ok(told) : problem(told, `install Node.js ${OLDEST.major}.${OLDEST.minor} or newer`)];
  },
};
