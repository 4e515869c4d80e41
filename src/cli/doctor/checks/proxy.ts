import { proxyVariables } from "../../../config/proxy-variables.ts";
import { type DoctorCheck, ok, warning } from "../doctor-check.ts";

/** Which proxy the environment names; lotmint itself connects directly. */
export const proxyCheck: DoctorCheck = {
  name: "proxy",
  look: () => {
    const given = proxyVariables();
    if (given.length === 0) return [ok("no proxy is named")];
    return given.map(({ name, shown }) =>
      /^no_proxy$/i.test(name)
        ? ok(`${name}=${shown}`)
        : warning(
            `${name}=${shown} is set, and this version connects to the platform without a proxy`,
            "have the platform's address reachable directly from this machine",
          ),
    );
  },
};
