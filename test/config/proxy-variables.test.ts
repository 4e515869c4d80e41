import { expect, test } from "vitest";
import { proxyVariables } from "../../src/config/proxy-variables.ts";

test("names the proxies of the environment, without their logins", () => {
  const env = { HTTPS_PROXY: "http://me:s3cret@proxy.example:3128", no_proxy: "localhost", https_proxy: "" };
  expect(proxyVariables(env)).toEqual([
    { name: "HTTPS_PROXY", shown: "http://proxy.example:3128" },
    { name: "no_proxy", shown: "localhost" },
  ]);
});

test("a login without a scheme is left out too", () => {
  expect(proxyVariables({ https_proxy: "me:p@ss@proxy:1" })).toEqual([{ name: "https_proxy", shown: "proxy:1" }]);
});
