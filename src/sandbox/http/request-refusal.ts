import type { SandboxAnswer } from "./sandbox-request.ts";

const INFO_URI = "https://www.cumulocity.com/guides/reference-guide/#error_reporting";

/** The media type of the platform's error bodies. */
const ERROR_MEDIA_TYPE = "application/vnd.com.nsn.cumulocity.error+json";

/** The platform's no: thrown anywhere below the handler, which turns it into an answer. */
export class RequestRefusal extends Error {
  readonly status: number;
  /** `<resource>/<Name>`, the first field of the error body. */
  readonly error: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, error: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = "RequestRefusal";
    this.status = status;
    this.error = error;
    this.headers = headers;
  }
}

/** The answer that carries a refusal: `{error, message, info}` ([OAS] `error`), whatever the client accepts. */
export function refusalAnswer(refusal: RequestRefusal): SandboxAnswer {
  const body = { error: refusal.error, message: refusal.message, info: INFO_URI };
  return {
    status: refusal.status,
    headers: { "content-type": ERROR_MEDIA_TYPE, ...refusal.headers },
    body: Buffer.from(JSON.stringify(body), "utf8"),
  };
}

/** 422 for a body that is understood and still wrong. */
export function unprocessable(resource: string, message: string): RequestRefusal {
  return new RequestRefusal(422, `${resource}/Unprocessable Entity`, message);
}

/** 403 with the platform's text. */
export function accessDenied(): RequestRefusal {
  return new RequestRefusal(403, "security/Forbidden", "Access is denied.");
}
