import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface PackageFacts {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly optional?: boolean }>>;
}

const LICENCE_FILE = /^(licen[cs]e|copying|notice)(\b|$)/i;

/**
 * Name, version, licence and licence texts of each package that the program may contain, in one text: all of its
 * dependencies by the lock file, since some packages have others built in. Throws when a package names no licence or
 * brings no text of it.
 */
export function licenceTexts(root: string): string {
  const parts = bundledFolders(root).map((folder) => licenceOf(join(root, folder)));
  return `lotmint contains these packages.\n\n${parts.join(`\n${"-".repeat(80)}\n\n`)}`;
}

/** What the program needs and npm does not install with it. */
function bundledFolders(root: string): readonly string[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as LockFile;
  return Object.keys(packages).filter((folder) => {
    const { dev, optional } = packages[folder] ?? {};
    return folder !== "" && dev !== true && optional !== true;
  });
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageFacts;
  if (license === undefined) throw new Error(`package ${name} ${version} names no licence`);
  const texts = readdirSync(folder)
    .filter((file) => LICENCE_FILE.test(file))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").trim());
  const said = texts.length === 0 ? inReadme(folder) : texts;
  if (said.length === 0) throw new Error(`package ${name} ${version} brings no text of its licence ${license}`);
  return `${name} ${version}\nLicence: ${license}\n\n${said.join("\n\n")}\n`;
}

/** Some packages write their licence into their README. */
function inReadme(folder: string): readonly string[] {
  const readme = readdirSync(folder).find((file) => /^readme/i.test(file));
  const text = readme === undefined ? "" : readFileSync(join(folder, readme), "utf8");
  const at = text.search(/^#*\s*licen[cs]e\s*$/im);
  return at === -1 ? [] : [text.slice(at).trim()];
}
