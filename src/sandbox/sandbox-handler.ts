import { authenticate, requireRole } from "./authenticate.ts";
import { answerControl, CONTROL_PREFIX } from "./control.ts";
import { chooseFaults } from "./faults/choose-faults.ts";
import type { RowRejection } from "./faults/faults.ts";
import { playFault } from "./faults/play-fault.ts";
import { findRoute } from "./find-route.ts";
import { requireAccepted } from "./http/json-answer.ts";
import { RequestRefusal, refusalAnswer } from "./http/request-refusal.ts";
import type { SandboxAnswer, SandboxHandler, SandboxRequest } from "./http/sandbox-request.ts";
import { DEVICE_ROUTES, ROUTES } from "./routes.ts";
import type { BulkCounts, SandboxState } from "./sandbox-state.ts";

/** Requests that the log keeps; older ones go. */
const MAX_LOGGED = 100_000;
const PROCESSING_MODES = ["PERSISTENT", "TRANSIENT", "QUIESCENT", "CEP"];

/**
 * The stand-in platform over one state: request in, answer out, nothing else touched. Never throws for
 * anything that a client sends. Every answer has the Date of the state's clock.
 */
export function sandboxHandler(state: SandboxState): SandboxHandler {
  return (request) => {
    const date = { date: new Date(state.nowMs()).toUTCString() };
    const controls = request.peer === undefined && request.path.startsWith(CONTROL_PREFIX);
    const answer = controls ? refusable(() => answerControl(state, request)) : answerAndLog(state, request);
    return { ...answer, headers: { ...answer.headers, ...date } };
  };
}

function answerAndLog(state: SandboxState, request: SandboxRequest): SandboxAnswer {
  const { fault, rowFaults } = chooseFaults(state.faults, request, state.nowMs());
  let counts: BulkCounts | undefined;
  const work = () =>
    refusable(() =>
      answerRequest(state, request, rowFaults, (counted) => {
        counts = counted;
      }),
    );
  const answer = fault === undefined ? work() : playFault(fault, work, state.nowMs());
  const played = fault?.kind ?? rowFaults[0]?.kind;
  const unanswered = answer.delivery?.kind === "cut" || answer.delivery?.kind === "stall";
  if (state.requests.length >= MAX_LOGGED) state.requests.splice(0, MAX_LOGGED / 2);
  state.requests.push({
    atMs: state.nowMs(),
    method: request.method,
    path: request.path,
    status: unanswered ? 0 : answer.status,
    ...(played === undefined ? {} : { fault: played }),
    ...(request.inFlight === undefined ? {} : { inFlight: request.inFlight }),
    ...(counts === undefined ? {} : { counts }),
  });
  return answer;
}

/** The order of the checks: path, method, login, role, tenant, Accept; then the endpoint looks at the body. */
function answerRequest(
  state: SandboxState,
  request: SandboxRequest,
  rowFaults: readonly RowRejection[],
  reportCounts: (counts: BulkCounts) => void,
): SandboxAnswer {
  const { route, parameters } = findRoute(request.peer === undefined ? ROUTES : DEVICE_ROUTES, request);
  const user = route.roles === "open" ? undefined : authenticate(state, request);
  if (user !== undefined && route.roles !== "open") requireRole(user, route.roles);
  const tenant = parameters["tenantId"];
  if (tenant !== undefined && tenant !== state.tenant && route.path.startsWith("/tenant/")) {
    throw new RequestRefusal(404, "security/Not Found", `There is no tenant with id = ${tenant}`);
  }
  requireAccepted(request, route.produces);
  const mode = request.headers["x-cumulocity-processing-mode"];
  if (mode !== undefined && !PROCESSING_MODES.includes(mode)) {
    throw new RequestRefusal(400, "general/Bad Request", `Unknown processing mode '${mode}'`);
  }
  return route.endpoint({
    state,
    request,
    parameters,
    rowFaults,
    reportCounts,
    ...(user === undefined ? {} : { user }),
  });
}

function refusable(act: () => SandboxAnswer): SandboxAnswer {
  try {
    return act();
  } catch (cause) {
    if (cause instanceof RequestRefusal) return refusalAnswer(cause);
    throw cause;
  }
}
