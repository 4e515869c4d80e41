const NAMES: readonly string[] = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "ALL_PROXY",
  "all_proxy",
  "NO_PROXY",
  "no_proxy",
];

/** The environment's variables that name a proxy, or exceptions from it; a login in an address is left out. */
export function proxyVariables(
  env: NodeJS.ProcessEnv = process.env,
): readonly { readonly name: string; readonly shown: string }[] {
  return NAMES.flatMap((name) => {
    const value = env[name];
    return value === undefined || value === ""
      ? []
      : [{ name, shown: value.replace(/^([a-z0-9+.-]+:\/\/)?.*@/i, "$1") }];
  });
}
