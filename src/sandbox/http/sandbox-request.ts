import type { X509Certificate } from "node:crypto";

export interface FormPart {
  readonly name: string;
  /** Lower case, without parameters; absent when it is not known. */
  readonly contentType?: string;
  readonly content: Buffer;
}

/** What a multipart/form-data body holds, or why it is malformed. */
export type SandboxForm = { readonly parts: readonly FormPart[] } | { readonly problem: string };

/** One request, complete, as the pure handler sees it. */
export interface SandboxRequest {
  readonly method: string;
  /** Without the query; still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** The body's form; absent unless its media type is multipart/form-data. */
  readonly form?: SandboxForm;
  /** Present on the port that asks for a client certificate; its leaf is absent where none came. */
  readonly peer?: { readonly leaf?: X509Certificate };
  /** Requests that the transport has under way, this one included; for the log. */
  readonly inFlight?: number;
}

/** How the transport brings an answer to the client. */
type Delivery =
  /** Nothing is sent, and the connection stays open until the client gives up. */
  | { readonly kind: "stall" }
  | { readonly kind: "delay"; readonly delayMs: number }
  /** The body one byte at a time. */
  | { readonly kind: "drip"; readonly intervalMs: number }
  /** The connection is destroyed without an answer. */
  | { readonly kind: "cut" }
  /** Status, headers and half of the body, then the connection is destroyed. */
  | { readonly kind: "cut-in-body" };

export interface SandboxAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Absent: at once and whole. */
  readonly delivery?: Delivery;
}

/** What the handler does: no sockets, no waiting, all effects in the sandbox's state. */
export type SandboxHandler = (request: SandboxRequest) => SandboxAnswer;
