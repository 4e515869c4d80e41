import { readFileSync } from "node:fs";
import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";

type Json = Readonly<Record<string, unknown>>;

/** One request and its answer, as they went over the wire. */
export interface Exchange {
  readonly method: string;
  /** With the query. */
  readonly target: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly status: number;
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly answerBody: Buffer;
}

/** One way in which an exchange is not what the text says. */
export interface Violation {
  /** Method and path as the text has it, such as `GET /tenant/currentTenant`. */
  readonly operation: string;
  readonly side: "request" | "answer";
  readonly status: number;
  readonly what: string;
}

export interface OpenApiText {
  /** What is wrong with an exchange; empty: nothing. */
  readonly check: (exchange: Exchange) => readonly Violation[];
  /** `POST /path/{name}` for the exchange, as far as the text has it. */
  readonly operationOf: (exchange: Exchange) => string | undefined;
}

/** Reads an OpenAPI 3.0 text in JSON. */
export function readOpenApi(path: string): OpenApiText {
  const text = asObject(JSON.parse(readFileSync(path, "utf8")));
  const paths = Object.entries(asObject(text["paths"]));
  const schemas = { request: openSchemas(text, "readOnly"), answer: openSchemas(text, "writeOnly") };

  const find = ({ method, target }: Exchange) => {
    const segments = (target.split("?")[0] ?? "").split("/");
    for (const [template, item] of paths) {
      const operation = asObject(item)[method.toLowerCase()];
      if (operation !== undefined && fits(template.split("/"), segments)) {
        return { template, item: asObject(item), operation: asObject(operation) };
      }
    }
    return undefined;
  };

  return {
    operationOf: (exchange) => {
      const found = find(exchange);
      return found === undefined ? undefined : `${exchange.method} ${found.template}`;
    },
    check: (exchange) => {
      const found = find(exchange);
      const path = exchange.target.split("?")[0] ?? "";
      const name = `${exchange.method} ${found?.template ?? path}`;
      const violations: Violation[] = [];
      const tell = (side: Violation["side"], what: string) =>
        violations.push({ operation: name, side, status: exchange.status, what });
      if (found === undefined) {
        tell("request", "the text has no such operation");
        return violations;
      }
      // What the platform refuses need not be what the text asks for.
      if (exchange.status < 400) checkRequest(exchange, found, text, schemas.request, (what) => tell("request", what));
      checkAnswer(exchange, found.operation, text, schemas.answer, (what) => tell("answer", what));
      return violations;
    },
  };
}

type Found = { readonly template: string; readonly item: Json; readonly operation: Json };
type Tell = (what: string) => void;
type Schemas = (schema: unknown) => ValidateFunction;

function checkRequest(
  { target, headers, body }: Exchange,
  { item, operation }: Found,
  text: Json,
  schemas: Schemas,
  tell: Tell,
): void {
  const declared = [...asList(item["parameters"]), ...asList(operation["parameters"])].map((each) =>
    resolve(text, each),
  );
  const query = new URLSearchParams(target.split("?")[1] ?? "");
  for (const [name, value] of query) {
    const parameter = declared.find((each) => each["in"] === "query" && each["name"] === name);
    if (parameter === undefined) tell(`query parameter ${name} is not in the text`);
    else checkValue(`query parameter ${name}`, readPlain(value), parameter["schema"], schemas, tell);
  }
  for (const parameter of declared) {
    const name = String(parameter["name"]);
    const value = parameter["in"] === "header" ? headers[name.toLowerCase()] : undefined;
    if (value !== undefined) checkValue(`header ${name}`, value, parameter["schema"], schemas, tell);
    if (parameter["required"] !== true || parameter["in"] === "path") continue;
    if (value === undefined && !query.has(name)) tell(`${parameter["in"]} parameter ${name} is missing`);
  }
  const requestBody = operation["requestBody"] === undefined ? undefined : resolve(text, operation["requestBody"]);
  if (requestBody === undefined) {
    if (body.length > 0) tell("there is a body, and the text has none");
    return;
  }
  if (body.length === 0) {
    if (requestBody["required"] === true) tell("the body is missing");
    return;
  }
  const mediaType = mediaTypeOf(headers["content-type"]);
  const content = asObject(requestBody["content"])[mediaType];
  if (content === undefined) tell(`content type ${mediaType} is not in the text`);
  else
    checkValue(
      "body",
      readBody(mediaType, headers["content-type"] ?? "", body),
      asObject(content)["schema"],
      schemas,
      tell,
    );
}

function checkAnswer(
  { status, answerHeaders, answerBody }: Exchange,
  operation: Json,
  text: Json,
  schemas: Schemas,
  tell: Tell,
): void {
  const responses = asObject(operation["responses"]);
  const declared = responses[String(status)] ?? responses["default"];
  if (declared === undefined) {
    tell(`status ${status} is not in the text`);
    return;
  }
  const content = asObject(resolve(text, declared)["content"] ?? {});
  if (answerBody.length === 0) {
    if (Object.keys(content).length > 0) tell("the body is missing");
    return;
  }
  const mediaType = mediaTypeOf(answerHeaders["content-type"]);
  // Some answers are described in words alone: then any body will do.
  if (Object.keys(content).length === 0) return;
  if (content[mediaType] === undefined) {
    tell(`content type ${mediaType} is not in the text, which has ${Object.keys(content).join(", ")}`);
    return;
  }
  const { schema } = asObject(content[mediaType]);
  if (schema !== undefined) checkValue("body", readBody(mediaType, "", answerBody), schema, schemas, tell);
}

function checkValue(where: string, value: unknown, schema: unknown, schemas: Schemas, tell: Tell): void {
  if (schema === undefined) return;
  const validate = schemas(schema);
  if (validate(value)) return;
  for (const { instancePath, message, params } of (validate.errors ?? []) as ErrorObject[]) {
    const more = "additionalProperty" in params ? ` (${params["additionalProperty"]})` : "";
    tell(`${where}${instancePath} ${message}${more}`);
  }
}

/** JSON, or the fields of a form; of a file only that it is there. */
function readBody(mediaType: string, contentType: string, body: Buffer): unknown {
  if (mediaType === "application/x-www-form-urlencoded")
    return Object.fromEntries(new URLSearchParams(body.toString()));
  if (mediaType === "multipart/form-data") {
    const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1] ?? "";
    const parts = body.toString("latin1").split(`--${boundary}`).slice(1, -1);
    return Object.fromEntries(
      parts.map((part) => [/ name="([^"]*)"/.exec(part)?.[1] ?? "", part.split("\r\n\r\n")[1] ?? ""]),
    );
  }
  if (mediaType.endsWith("json")) return JSON.parse(body.toString("utf8"));
  return body.toString("latin1");
}

/** A value of a query, of the type that it reads as. */
function readPlain(value: string): unknown {
  if (/^(true|false)$/.test(value)) return value === "true";
  return /^-?\d+$/.test(value) ? Number(value) : value;
}

/**
 * Makes validators from the text's schemas: OpenAPI 3.0's `nullable` becomes a type, fields that only the
 * other side may send are left out, and an object has no other fields than those that the text names.
 */
function openSchemas(text: Json, otherSide: "readOnly" | "writeOnly"): Schemas {
  const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
  addFormats.default(ajv);
  const converted = asObject(convert({ components: text["components"] }, otherSide));
  ajv.addSchema({ $id: "openapi", ...converted });
  const made = new Map<unknown, ValidateFunction>();
  return (schema) => {
    const known = made.get(schema);
    if (known !== undefined) return known;
    const pointed = pointAt(convert(schema, otherSide));
    const validate = ajv.compile(asObject(pointed));
    made.set(schema, validate);
    return validate;
  };
}

function convert(node: unknown, otherSide: "readOnly" | "writeOnly", isOpen = false): unknown {
  if (Array.isArray(node)) return node.map((each) => convert(each, otherSide, isOpen));
  if (typeof node !== "object" || node === null) return node;
  const given = node as Json;
  const made: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(given)) {
    if (key === "example" || key === "examples") continue;
    made[key] = convert(value, otherSide, key === "allOf" || key === "anyOf" || key === "oneOf");
  }
  const properties = given["properties"];
  if (isSchemaMap(properties)) {
    const kept = Object.entries(properties).filter(([, value]) => asObject(value)[otherSide] !== true);
    made["properties"] = Object.fromEntries(kept.map(([name, value]) => [name, convert(value, otherSide)]));
    if (Array.isArray(given["required"])) {
      made["required"] = given["required"].filter((name) => kept.some(([each]) => each === name));
    }
    if (!isOpen && given["additionalProperties"] === undefined && given["allOf"] === undefined) {
      made["additionalProperties"] = false;
    }
  }
  if (given["nullable"] === true && typeof given["type"] === "string") made["type"] = [given["type"], "null"];
  return made;
}

/** True for the properties of a schema; a property may itself be called `properties`. */
function isSchemaMap(value: unknown): value is Json {
  return typeof value === "object" && value !== null && Object.values(value).every((each) => typeof each === "object");
}

/** References go into the text as a whole. */
function pointAt(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(pointAt);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === "$ref" && typeof value === "string" ? value.replace(/^#/, "openapi#") : pointAt(value),
    ]),
  );
}

function resolve(text: Json, node: unknown): Json {
  const reference = asObject(node)["$ref"];
  if (typeof reference !== "string") return asObject(node);
  let place: unknown = text;
  for (const step of reference.replace(/^#\//, "").split("/")) {
    place = asObject(place)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return resolve(text, place);
}

function fits(template: readonly string[], segments: readonly string[]): boolean {
  if (template.length !== segments.length) return false;
  return template.every((step, index) => /^\{.*\}$/.test(step) || step === segments[index]);
}

function mediaTypeOf(header: string | undefined): string {
  return (header ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

function asObject(value: unknown): Json {
  if (typeof value !== "object" || value === null) throw new Error("the text is not as OpenAPI 3.0 has it");
  return value as Json;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
