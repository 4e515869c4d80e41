import type { RowRejection } from "./faults/faults.ts";
import type { SandboxAnswer, SandboxRequest } from "./http/sandbox-request.ts";
import type { BulkCounts, SandboxState, SandboxUser } from "./sandbox-state.ts";

/** A request that has been routed and accepted: what an endpoint works from. */
export interface Call {
  readonly state: SandboxState;
  readonly request: SandboxRequest;
  /** Percent-decoded segments of the path, by the names in the route. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Absent on endpoints that need no login. */
  readonly user?: SandboxUser;
  /** Rows to reject on demand. */
  readonly rowFaults: readonly RowRejection[];
  /** Puts a bulk registration's true counts into the request log. */
  readonly reportCounts: (counts: BulkCounts) => void;
}

export type Endpoint = (call: Call) => SandboxAnswer;

/** `https://<host>` as the client wrote it, for the links in answers. */
export function baseUrl(call: Call): string {
  return `https://${call.request.headers["host"] ?? call.state.domain}`;
}

/** A path parameter; its absence is a defect of the route table. */
export function parameter(call: Call, name: string): string {
  const value = call.parameters[name];
  if (value === undefined) throw new Error(`the route has no parameter ${name}`);
  return value;
}
