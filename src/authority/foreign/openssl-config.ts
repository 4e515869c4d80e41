/** An OpenSSL configuration: section -> name -> value as it stands there, nothing expanded. */
export type OpensslConfig = ReadonlyMap<string, ReadonlyMap<string, string>>;

const DEFAULT_SECTION = "default";
/** Deeper than any configuration; ends a value that names itself. */
const MAX_DEPTH = 16;
/** More than any path is made of; ends values that multiply. */
const MAX_EXPANSIONS = 100;

/** Reads OpenSSL's configuration format (config(5)): sections, comments, continued lines, quotes. Never throws. */
export function readOpensslConfig(text: string): OpensslConfig {
  const sections = new Map<string, Map<string, string>>();
  let current = sectionOf(sections, DEFAULT_SECTION);
  for (const line of text.replace(/\\\r?\n/g, "").split(/\r?\n/)) {
    const bare = withoutComment(line).trim();
    if (bare.startsWith("[") && bare.endsWith("]")) {
      current = sectionOf(sections, bare.slice(1, -1).trim());
      continue;
    }
    const [, name, value] = /^([^=]+)=(.*)$/.exec(bare) ?? [];
    if (name !== undefined && value !== undefined) {
      current.set(name.trim(), value.trim().replace(/^(["'])(.*)\1$/, "$2"));
    }
  }
  return sections;
}

function sectionOf(sections: Map<string, Map<string, string>>, title: string): Map<string, string> {
  const found = sections.get(title) ?? new Map<string, string>();
  sections.set(title, found);
  return found;
}

function withoutComment(line: string): string {
  return line.replace(/^((?:[^#"'\\]|\\.|"[^"]*"|'[^']*')*)#.*$/, "$1");
}

/**
 * A value with its `$name`, `${name}`, `$(name)` and `$section::name` put in; `given` goes before what
 * the configuration says. Undefined when it is not there or names something that is not.
 */
export function expandValue(
  config: OpensslConfig,
  section: string,
  name: string,
  given: Readonly<Record<string, string>> = {},
  depth = 0,
  spent = { expansions: 0 },
): string | undefined {
  const value = given[name] ?? config.get(section)?.get(name) ?? config.get(DEFAULT_SECTION)?.get(name);
  if (value === undefined || depth > MAX_DEPTH || spent.expansions++ > MAX_EXPANSIONS) return undefined;
  let missing = false;
  const expanded = value.replace(
    /\\(.)|\$(?:\{([^}]+)\}|\(([^)]+)\)|(\w+(?:::\w+)?))/g,
    (_all, escaped: string | undefined, ...names: readonly (string | undefined)[]) => {
      if (escaped !== undefined) return escaped;
      const parts = (names.slice(0, 3).find((found) => found !== undefined) ?? "").split("::");
      const [from, wanted] = parts.length > 1 ? [parts[0], parts[1]] : [section, parts[0]];
      const found = expandValue(config, from ?? section, wanted ?? "", given, depth + 1, spent);
      missing ||= found === undefined;
      return found ?? "";
    },
  );
  return missing ? undefined : expanded;
}
