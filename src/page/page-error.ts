import type { ErrorModel } from "./model.ts";

type Kind = ErrorModel["kind"];

const STATUS: Readonly<Record<Kind, number>> = {
  "bad-request": 400,
  "sign-in": 401,
  "wrong-token": 401,
  "too-many-tries": 429,
  forbidden: 403,
  "not-found": 404,
  "too-large": 413,
  "disk-full": 507,
  conflict: 409,
  busy: 503,
  failed: 500,
};

/** A request that is not done; `message` says why and what to do, and is shown. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly kind: Kind;
  readonly status: number;
  /** When to ask again. */
  readonly waitSeconds: number | undefined;

  constructor(
    message: string,
    options: { readonly kind: Kind; readonly waitSeconds?: number; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.kind = options.kind;
    this.status = STATUS[options.kind];
    this.waitSeconds = options.waitSeconds;
  }
}
