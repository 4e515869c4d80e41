/** Manifest keys that say something about a checkout alone. */
const OF_CHECKOUT = ["scripts", "dependencies", "devDependencies", "allowScripts"] as const;
/** Packages that are compiled where they are installed: whoever has keys in a token adds them (docs/hsm.md). */
const NATIVE: readonly string[] = ["pkcs11js"];

/**
 * The manifest of the packed program, from the checkout's: the packages that it needs are in it already, so that npm
 * installs only the Node.js of the platform, and no script runs.
 */
export function packedManifest(checkout: string): string {
  const manifest = JSON.parse(checkout) as Record<string, unknown>;
  for (const key of OF_CHECKOUT) delete manifest[key];
  const optional = manifest["optionalDependencies"] as Record<string, string>;
  manifest["optionalDependencies"] = Object.fromEntries(
    Object.entries(optional).filter(([name]) => !NATIVE.includes(name)),
  );
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
