import type { SandboxAnswer, SandboxForm } from "../../src/sandbox/http/sandbox-request.ts";
import { sandboxHandler } from "../../src/sandbox/sandbox-handler.ts";
import { makeSandboxState, type SandboxState, type SandboxStateOptions } from "../../src/sandbox/sandbox-state.ts";
import { addUser } from "../../src/sandbox/sandbox-users.ts";

export const BULK = "/devicecontrol/bulkNewDeviceRequests";
export const CERTIFICATES = "/tenant/tenants/t0815/trusted-certificates";

interface Ask {
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** An object is sent as JSON. */
  readonly body?: object | string | Buffer;
  /** What the transport has read from a multipart body. */
  readonly form?: SandboxForm;
}

export interface MountedSandbox {
  readonly state: SandboxState;
  /** Asks as admin and accepting JSON, unless the headers say otherwise. */
  readonly ask: (method: string, target: string, ask?: Ask) => SandboxAnswer;
  /** Sends a bulk registration file. */
  readonly register: (csv: string | Buffer, headers?: Ask["headers"]) => SandboxAnswer;
}

/** The pure handler without sockets, with the user admin/secret-1. */
export function mountSandbox(options: SandboxStateOptions = {}): MountedSandbox {
  const state = makeSandboxState(options);
  addUser(state, { userName: "admin", password: "secret-1", token: "token-1" });
  const handler = sandboxHandler(state);
  const ask: MountedSandbox["ask"] = (method, target, { headers = {}, body, form } = {}) => {
    const [path = "/", query = ""] = target.split("?");
    const json = body !== undefined && typeof body !== "string" && !Buffer.isBuffer(body);
    return handler({
      method,
      path,
      query: new URLSearchParams(query),
      headers: {
        host: "sandbox.test",
        authorization: basic("t0815/admin", "secret-1"),
        accept: "application/json",
        ...(json ? { "content-type": "application/json" } : {}),
        ...headers,
      },
      body: json ? Buffer.from(JSON.stringify(body)) : Buffer.from(body ?? ""),
      ...(form && { form }),
    });
  };
  const register: MountedSandbox["register"] = (csv, headers = {}) => {
    const form = multipart([{ name: "file", type: "text/csv", fileName: "lot.csv", content: csv }]);
    return ask("POST", BULK, { ...form, headers: { ...form.headers, ...headers } });
  };
  return { state, ask, register };
}

export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

/** The answer's JSON. */
export function bodyOf(answer: SandboxAnswer): Record<string, unknown> {
  return JSON.parse(answer.body.toString("utf8"));
}

/** The answer's error message, after a look at its form. */
export function messageOf(answer: SandboxAnswer): string {
  const body = bodyOf(answer);
  const shape = Object.keys(body).sort().join();
  return shape === "error,info,message" ? String(body["message"]) : `not an error body: ${shape}`;
}

interface SentPart {
  readonly name: string;
  readonly type?: string;
  readonly fileName?: string;
  readonly content: string | Buffer;
}

/** A form as it is sent, and as the transport reads it. */
export function multipart(parts: readonly SentPart[], boundary = "----limit7f") {
  const chunks = parts.flatMap((part) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"`,
    part.fileName === undefined ? "" : `; filename="${part.fileName}"`,
    part.type === undefined ? "" : `\r\nContent-Type: ${part.type}`,
    "\r\n\r\n",
    part.content,
    "\r\n",
  ]);
  return {
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...chunks, `--${boundary}--\r\n`].map((chunk) => Buffer.from(chunk as string))),
    form: {
      parts: parts.map(({ name, type, content }) => ({
        name,
        ...(type && { contentType: type }),
        content: Buffer.from(content as string),
      })),
    },
  };
}
