import { type Call, parameter } from "./call.ts";
import { jsonAnswer } from "./http/json-answer.ts";
import { onlyFields, readJsonBody } from "./http/json-body.ts";
import { RequestRefusal, unprocessable } from "./http/request-refusal.ts";
import type { SandboxAnswer } from "./http/sandbox-request.ts";

export const OPTION_MEDIA_TYPE = "application/vnd.com.nsn.cumulocity.option+json";

/** GET /tenant/options/{category}/{key} */
export function getOption(call: Call): SandboxAnswer {
  const { category, key, name } = optionOf(call);
  const value = call.state.options.get(name);
  if (value === undefined) throw new RequestRefusal(404, "options/Not Found", `Unable to find option by key: ${key}`);
  return jsonAnswer(call.request, 200, OPTION_MEDIA_TYPE, { category, key, value });
}

/** PUT /tenant/options/{category}/{key} */
export function putOption(call: Call): SandboxAnswer {
  const { category, key, name } = optionOf(call);
  const { value } = onlyFields(readJsonBody(call.request, "options"), ["value"], "options");
  if (typeof value !== "string") throw unprocessable("options", "value must be text");
  call.state.options.set(name, value);
  return jsonAnswer(call.request, 200, OPTION_MEDIA_TYPE, { category, key, value });
}

function optionOf(call: Call): { readonly category: string; readonly key: string; readonly name: string } {
  const category = parameter(call, "category");
  const key = parameter(call, "key");
  return { category, key, name: `${category}/${key}` };
}
