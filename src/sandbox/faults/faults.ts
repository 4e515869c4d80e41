/** Ways in which the sandbox misbehaves when asked to. */
export type Fault = AnswerFault | Capacity | RowRejection;

/** Those that concern an answer as a whole. Unless said otherwise the request's work is not done. */
export type AnswerFault =
  /** 429 with or without Retry-After, 408, 500, 502, 503, 401, 403 … */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly message?: string;
      readonly retryAfterSeconds?: number;
      /** How Retry-After is written; default seconds. */
      readonly retryAfterAs?: "seconds" | "date";
      readonly afterWork?: boolean;
    }
  /** No answer until the client gives up. */
  | { readonly kind: "stall"; readonly afterWork?: boolean }
  /** The work done at once, its answer late. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** The work done, its answer byte by byte. */
  | { readonly kind: "drip"; readonly intervalMs: number }
  | { readonly kind: "cut-before" }
  /** The work done, the connection destroyed without an answer. */
  | { readonly kind: "cut-after" }
  /** The work done, status and half of the body sent. */
  | { readonly kind: "cut-in-body" }
  /** A proxy's page where JSON belongs: under the true status if the work is done, else under 200. */
  | { readonly kind: "not-json"; readonly afterWork?: boolean }
  | {
      readonly kind: "huge-error-body";
      readonly status: number;
      /** Default: 10 MB. */
      readonly bytes?: number;
      readonly afterWork?: boolean;
    }
  /** 302 to elsewhere. */
  | { readonly kind: "redirect"; readonly location: string }
  /** A bulk registration done and told with these numbers added to its counts. */
  | { readonly kind: "wrong-counts"; readonly add: Readonly<Partial<Record<CountName, number>>> }
  /** A bulk registration file refused whole, always or only if it is of this kind. */
  | {
      readonly kind: "part-refused";
      readonly status: 400 | 413 | 422;
      readonly message?: string;
      readonly moreThanRows?: number;
      readonly holdsId?: string;
    };

/** Serves so many requests at once, each in so many milliseconds; those that come beside them wait, or get 429. */
export interface Capacity {
  readonly kind: "capacity";
  readonly atOnce: number;
  readonly serviceMs: number;
  readonly excess: "queue" | "refuse";
  /** With a refusal; absent: no Retry-After. */
  readonly retryAfterSeconds?: number;
}

/** Rows of a bulk registration rejected, the others done. Goes together with any other fault. */
export interface RowRejection {
  readonly kind: "reject-rows";
  /** Absent: any row. */
  readonly ids?: readonly string[];
  /** Share of those rows, 0 to 1; absent: all. */
  readonly rowRate?: number;
  /** Whether the answer names the device; default true. */
  readonly withDeviceId?: boolean;
  readonly reason?: string;
}

export const COUNT_NAMES = ["numberOfAll", "numberOfCreated", "numberOfFailed", "numberOfSuccessful"] as const;
type CountName = (typeof COUNT_NAMES)[number];

/** A fault and when to play it. */
export type FaultRule = Fault & {
  /** Which requests; absent: all. `*` in a path stands for any characters, the query is left out. */
  readonly match?: { readonly method?: string; readonly path?: string };
  /** Chance per request, 0 to 1; default 1. */
  readonly rate?: number;
  /** At most this often. */
  readonly times?: number;
  /** From this matching request on; the first is 1. */
  readonly from?: number;
};

/** A rule at work. */
interface ActiveRule {
  readonly rule: FaultRule;
  /** Requests that it fits so far. */
  matched: number;
  /** How often it was played. */
  fired: number;
  /** Of a capacity: when each place that was ever taken is free, in milliseconds since 1970. */
  readonly places: number[];
}

/** The rules and the random numbers they draw. */
export interface FaultDesk {
  active: readonly ActiveRule[];
  /** 0 to below 1; the same sequence for the same seed. */
  random: () => number;
  readonly seed: number;
}

/** A desk without rules. */
export function openFaultDesk(seed: number): FaultDesk {
  return { active: [], random: seededRandom(seed), seed };
}

/** Replaces all rules; counting and random numbers start again. */
export function setFaults(desk: FaultDesk, rules: readonly FaultRule[]): void {
  desk.active = rules.map((rule) => ({ rule, matched: 0, fired: 0, places: [] }));
  desk.random = seededRandom(desk.seed);
}

/** Numbers from a 32-bit state (mulberry32): good enough to choose faults by. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
