import type { BulkAnswer, FailedRow } from "../../src/domain/registration.ts";
import type { Reply } from "../../src/platform/platform.ts";
import type { SubmissionPlatform } from "../../src/submit/submission.ts";

/** One upload as the platform got it. */
export interface Upload {
  readonly ids: readonly string[];
  readonly lines: readonly string[];
  readonly bytes: Buffer;
  readonly fileName: string;
}

/** What the platform does with an upload: its reply, and which ids it takes in before that. */
export interface Act {
  readonly reply: Reply<BulkAnswer>;
  readonly takes?: readonly string[];
}

export interface ScriptedPlatform extends SubmissionPlatform {
  readonly uploads: Upload[];
  readonly asked: string[];
  /** Ids that are there, with their users. */
  readonly present: Set<string>;
  /** The most uploads that were in flight at the same time, and the part names then. */
  readonly inFlight: string[][];
}

/** A platform that does what the test says with each upload, the `n`th from 0, and remembers what it was asked. */
export function scriptPlatform(
  act: (upload: Upload, n: number) => Act | Promise<Act>,
  options: {
    readonly present?: readonly string[];
    readonly ask?: (externalId: string, n: number) => Reply<boolean> | undefined;
    readonly askUser?: (externalId: string) => Reply<boolean> | undefined;
  } = {},
): ScriptedPlatform {
  const uploads: Upload[] = [];
  const asked: string[] = [];
  const present = new Set(options.present ?? []);
  const inFlight: string[][] = [];
  const current = new Set<string>();
  return {
    uploads,
    asked,
    present,
    inFlight,
    registerBulk: async (csv, fileName) => {
      const bytes = Buffer.from(csv);
      const lines = bytes.toString("utf8").split("\n").slice(1, -1);
      const ids = lines.map((line) => line.split(";")[0] ?? "");
      const upload = { ids, lines, bytes, fileName };
      uploads.push(upload);
      current.add(fileName);
      inFlight.push([...current]);
      await new Promise((resolve) => setImmediate(resolve));
      const { reply, takes = [] } = await act(upload, uploads.length - 1);
      for (const id of takes) present.add(id);
      current.delete(fileName);
      return reply;
    },
    hasExternalId: async (type, externalId) => {
      asked.push(`${type} ${externalId}`);
      return options.ask?.(externalId, asked.length - 1) ?? { kind: "answer", value: present.has(externalId) };
    },
    hasDeviceUser: async (_tenant, externalId) =>
      options.askUser?.(externalId) ?? { kind: "answer", value: present.has(externalId) },
  };
}

/** A 201 over all rows, of which `failed` were rejected; takes in the others. */
export function accept(
  { ids }: Upload,
  failed: readonly FailedRow[] = [],
  updated: readonly string[] = [],
): Act & { readonly reply: { readonly kind: "answer"; readonly value: BulkAnswer } } {
  const bad = new Set(failed.map((row) => row.externalId));
  const good = ids.length - failed.length;
  return {
    takes: ids.filter((id) => !bad.has(id)),
    reply: {
      kind: "answer",
      value: {
        numberOfAll: ids.length,
        numberOfCreated: good - updated.length,
        numberOfFailed: failed.length,
        numberOfSuccessful: good,
        updated,
        failed,
      },
    },
  };
}

export function refuse(status: number, message: string): Act {
  return { reply: { kind: "refused", status, message } };
}

/** No answer; the rows in `takes` were taken all the same. */
export function lose(takes: readonly string[] = []): Act {
  return { takes, reply: { kind: "unknown", message: "the connection was reset" } };
}

export function busy(retryAfterMs?: number): Act {
  const reply = { kind: "busy", status: 429, message: "too many requests" } as const;
  return { reply: retryAfterMs === undefined ? reply : { ...reply, retryAfterMs } };
}
