import { OnboardingError } from "../../domain/error.ts";

/** What a PKCS#11 URI names (RFC 7512, 2.3): a library, a slot, a token and an object in it. What it leaves out is open. */
export interface Pkcs11Uri {
  /** As it was written. */
  readonly text: string;
  readonly library: { readonly manufacturer?: string; readonly description?: string; readonly version?: string };
  readonly slot: { readonly manufacturer?: string; readonly description?: string; readonly id?: bigint };
  readonly token: {
    readonly label?: string;
    readonly manufacturer?: string;
    readonly model?: string;
    readonly serial?: string;
  };
  /** CKA_LABEL and CKA_ID of the key. */
  readonly object: { readonly label?: string; readonly id?: Buffer };
}

/** Attributes of a URI's path, and where their text goes. */
const TEXT_ATTRIBUTES = {
  "library-manufacturer": ["library", "manufacturer"],
  "library-description": ["library", "description"],
  "slot-manufacturer": ["slot", "manufacturer"],
  "slot-description": ["slot", "description"],
  token: ["token", "label"],
  manufacturer: ["token", "manufacturer"],
  model: ["token", "model"],
  serial: ["token", "serial"],
  object: ["object", "label"],
} as const;

/** pk11-pchar without percent-encoding: what may stand for itself in a value of the path (RFC 7512, 2.3). */
const PATH_VALUE = /^(?:[A-Za-z0-9\-._~:[\]@!$'()*+,=&]|%[0-9A-Fa-f]{2})*$/;

/**
 * Reads a PKCS#11 URI (RFC 7512) that names a private key. Throws `usage` for anything else, also for attributes that
 * are given twice or that nobody knows, since a key must not be taken for another one. A PIN in it is refused: the URI
 * is kept in a file. The message of that holds no value.
 */
export function parsePkcs11Uri(text: string): Pkcs11Uri {
  const scheme = /^pkcs11:/i.exec(text);
  if (scheme === null) throw notUri(text, 'it does not begin with "pkcs11:"');
  const [path = "", ...queries] = text.slice(scheme[0].length).split("?");
  refuseQuery(queries.join("?"));
  const parts: Record<"library" | "slot" | "token" | "object", Record<string, unknown>> = {
    library: {},
    slot: {},
    token: {},
    object: {},
  };
  const seen = new Set<string>();
  for (const attribute of path === "" ? [] : path.split(";")) {
    const equals = attribute.indexOf("=");
    const name = equals === -1 ? attribute : attribute.slice(0, equals);
    if (name === "pin-value" || name === "pin-source") throw pinInUri(name);
    if (equals === -1) throw notUri(text, `${JSON.stringify(attribute)} has no "="`);
    const value = attribute.slice(equals + 1);
    if (seen.has(name)) throw notUri(text, `it gives ${name} twice`);
    seen.add(name);
    if (!PATH_VALUE.test(value)) {
      throw notUri(text, `the value of ${name} holds a character that has to be percent-encoded`);
    }
    take(parts, text, name, Buffer.from(unescape(value), "latin1"));
  }
  return { text, ...parts };
}

function take(
  parts: Record<"library" | "slot" | "token" | "object", Record<string, unknown>>,
  text: string,
  name: string,
  octets: Buffer,
): void {
  const place = TEXT_ATTRIBUTES[name as keyof typeof TEXT_ATTRIBUTES];
  if (place !== undefined && Object.hasOwn(TEXT_ATTRIBUTES, name)) {
    const [part, key] = place;
    parts[part][key] = utf8(text, name, octets);
  } else if (name === "id") {
    if (octets.length === 0) throw notUri(text, "its id is empty");
    parts.object["id"] = octets;
  } else if (name === "slot-id") {
    const digits = octets.toString("latin1");
    if (!/^\d{1,19}$/.test(digits)) throw notUri(text, "slot-id is no decimal number");
    parts.slot["id"] = BigInt(digits);
  } else if (name === "library-version") {
    const version = octets.toString("latin1");
    if (!/^\d{1,3}(?:\.\d{1,3})?$/.test(version)) throw notUri(text, "library-version is no version such as 2.6");
    parts.library["version"] = version.includes(".") ? version : `${version}.0`;
  } else if (name === "type") {
    if (octets.toString("latin1") !== "private") throw notUri(text, "its type is not private; an authority signs");
  } else throw notUri(text, `${JSON.stringify(name)} is no attribute of a PKCS#11 URI that lotmint knows`);
}

/** Whether an attribute that the URI may name is what was found; texts of tokens are padded with blanks. */
export function fitsText(wanted: string | undefined, found: string): boolean {
  return wanted === undefined || wanted === trimPadding(found);
}

/** A text of a token or slot without the blanks, or zeros of careless modules, that pad it (PKCS#11, 3.1). */
export function trimPadding(text: string): string {
  return text.replace(/[ \0]+$/, "");
}

/** The same URI with the label of its object, where it names neither label nor id. */
export function withObject(uri: Pkcs11Uri, label: string): Pkcs11Uri {
  if (uri.object.label !== undefined || uri.object.id !== undefined) return uri;
  const separator = /^pkcs11:$/i.test(uri.text) ? "" : ";";
  return parsePkcs11Uri(`${uri.text}${separator}object=${encodeURIComponent(label)}`);
}

function refuseQuery(query: string): void {
  for (const attribute of query === "" ? [] : query.split("&")) {
    const [name = ""] = attribute.split("=");
    if (name === "pin-value" || name === "pin-source") throw pinInUri(name);
    if (name === "module-path" || name === "module-name") {
      throw usage(`a PKCS#11 URI with ${name} is not used; name the module in lotmint.yaml (hsm: { module: … })`);
    }
    throw usage("a PKCS#11 URI with a query is not used; leave out what stands after the ?");
  }
}

function pinInUri(name: string): OnboardingError {
  return usage(
    `a PKCS#11 URI with ${name} is refused, since it is kept in a file; leave it out and set LOTMINT_HSM_PIN or LOTMINT_HSM_PIN_FILE`,
  );
}

function utf8(text: string, name: string, octets: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
  } catch (cause) {
    throw notUri(text, `the value of ${name} is no UTF-8`, cause);
  }
}

function notUri(text: string, problem: string, cause?: unknown): OnboardingError {
  const shown = /pin-/i.test(text) ? "the URI" : JSON.stringify(text);
  return usage(
    `${shown} is no PKCS#11 URI of a private key: ${problem}; expected one such as "pkcs11:token=line;object=line-3"`,
    cause,
  );
}

function usage(message: string, cause?: unknown): OnboardingError {
  return new OnboardingError(message, { code: "usage", cause });
}
