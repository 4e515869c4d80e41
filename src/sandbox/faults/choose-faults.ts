import { readUploadedFile } from "../http/read-uploaded-file.ts";
import { RequestRefusal } from "../http/request-refusal.ts";
import type { SandboxRequest } from "../http/sandbox-request.ts";
import { idsOf, readBulkFile } from "../registration/bulk-file.ts";
import type { AnswerFault, Fault, FaultDesk, FaultRule, RowRejection } from "./faults.ts";
import { serveWithin } from "./serve-within.ts";

const BULK_PATH = "/devicecontrol/bulkNewDeviceRequests";

/** Kinds that only a bulk registration knows. */
const BULK_ONLY: readonly Fault["kind"][] = ["wrong-counts", "part-refused", "reject-rows"];

interface ChosenFaults {
  /** The first rule that fits; none: all goes well. */
  readonly fault?: AnswerFault;
  readonly rowFaults: readonly RowRejection[];
}

/** What to play on this request. Counts every rule that fits, in the order of the list. */
export function chooseFaults(desk: FaultDesk, request: SandboxRequest, nowMs: number): ChosenFaults {
  let fault: ChosenFaults["fault"];
  const rowFaults: RowRejection[] = [];
  for (const active of desk.active) {
    const { rule } = active;
    if (!fits(rule, request)) continue;
    active.matched += 1;
    if (fault !== undefined && rule.kind !== "reject-rows") continue;
    if (active.matched < (rule.from ?? 1) || active.fired >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
    if (rule.rate !== undefined && desk.random() >= rule.rate) continue;
    active.fired += 1;
    if (rule.kind === "reject-rows") rowFaults.push(rule);
    else fault = rule.kind === "capacity" ? serveWithin(rule, active.places, nowMs) : rule;
  }
  return { ...(fault === undefined ? {} : { fault }), rowFaults };
}

function fits(rule: FaultRule, request: SandboxRequest): boolean {
  if (rule.match?.method !== undefined && rule.match.method !== request.method) return false;
  if (rule.match?.path !== undefined && !pathPattern(rule.match.path).test(request.path)) return false;
  if (!BULK_ONLY.includes(rule.kind)) return true;
  if (request.method !== "POST" || request.path !== BULK_PATH) return false;
  if (rule.kind !== "part-refused" || (rule.moreThanRows === undefined && rule.holdsId === undefined)) return true;
  const ids = uploadedIds(request);
  if (rule.moreThanRows !== undefined && ids.length <= rule.moreThanRows) return false;
  return rule.holdsId === undefined || ids.includes(rule.holdsId);
}

function pathPattern(path: string): RegExp {
  const steps = path.split("*").map((text) => text.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${steps.join(".*")}$`);
}

/** Ids in the uploaded file; none if it is malformed, which then is the endpoint's to say. */
function uploadedIds(request: SandboxRequest): string[] {
  try {
    return idsOf(readBulkFile(readUploadedFile(request, "devicecontrol")));
  } catch (cause) {
    if (cause instanceof RequestRefusal) return [];
    throw cause;
  }
}

/** How a row is rejected on demand, or undefined. */
export function rejectionFor(
  faults: readonly RowRejection[],
  id: string,
  random: () => number,
): { readonly reason: string; readonly withDeviceId: boolean } | undefined {
  for (const fault of faults) {
    if (fault.ids !== undefined && !fault.ids.includes(id)) continue;
    if (fault.rowRate !== undefined && random() >= fault.rowRate) continue;
    return { reason: fault.reason ?? "Could not update the device", withDeviceId: fault.withDeviceId ?? true };
  }
  return undefined;
}
