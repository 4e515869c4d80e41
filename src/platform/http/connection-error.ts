import type { Unanswered } from "../platform.ts";

/** OpenSSL's verdicts on a certificate chain, as Node names them, and Node's own on the name. */
const DISTRUST: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired; check this machine's clock too",
  CERT_NOT_YET_VALID: "its certificate is not valid yet; check this machine's clock",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name; check platform.url",
  CERT_REVOKED: "its certificate is revoked",
  HOSTNAME_MISMATCH: "its certificate is for another name; check platform.url",
};

const UNTRUSTED =
  /^(UNABLE_TO_(GET|DECRYPT|DECODE|VERIFY)_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_|INVALID_(CA|PURPOSE)|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT_)/;

/** Errors before a connection stood: the request cannot have reached the platform. */
const NOT_CONNECTED: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "its name is not known; check platform.url and the network",
  EAI_AGAIN: "its name cannot be looked up now; check the network",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  ETIMEDOUT: "it does not answer",
  UND_ERR_CONNECT_TIMEOUT: "it does not answer",
};

const BROKEN: Readonly<Record<string, string>> = {
  ECONNRESET: "the connection was reset",
  EPIPE: "the connection was closed",
  EPROTO: "it does not speak TLS as expected; check platform.url",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS; check platform.url",
  UND_ERR_SOCKET: "the connection was closed",
  UND_ERR_HEADERS_TIMEOUT: "no answer came in time",
  UND_ERR_BODY_TIMEOUT: "the answer stopped half-way",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "the answer is not complete",
};

/**
 * What an error of the connection means. An untrusted certificate is `refused` with status 0: running
 * again changes nothing. A connection that never stood is `busy` with status 0: nothing was sent.
 * All else is `unknown`. Only codes go into the message, never the text of the error itself.
 */
export function connectionError(cause: unknown, host: string, times: { readonly timedOut: boolean }): Unanswered {
  for (const error of causes(cause)) {
    const code = error.code;
    const distrust = DISTRUST[code];
    if (distrust !== undefined) return refused(`the platform ${host} is not trusted: ${distrust}`);
    if (UNTRUSTED.test(code)) {
      return refused(
        `the platform's certificate is not trusted (${code}): add the CA that signed it with platform.caFile`,
      );
    }
  }
  if (times.timedOut) return { kind: "unknown", message: `the platform ${host} did not answer completely in time` };
  for (const error of causes(cause)) {
    const connecting = error.syscall === "connect" || error.syscall === "getaddrinfo";
    const reason = NOT_CONNECTED[error.code];
    if (reason !== undefined && (connecting || error.code === "UND_ERR_CONNECT_TIMEOUT")) {
      return { kind: "busy", status: 0, message: `the platform ${host} cannot be reached: ${reason}` };
    }
  }
  for (const error of causes(cause)) {
    const reason = BROKEN[error.code] ?? NOT_CONNECTED[error.code];
    if (reason !== undefined) return { kind: "unknown", message: `the platform ${host}: ${reason}` };
  }
  const code = [...causes(cause)].find((error) => error.code !== "")?.code ?? "no code";
  return { kind: "unknown", message: `the connection to the platform ${host} broke (${code})` };
}

function refused(message: string): Unanswered {
  return { kind: "refused", status: 0, message };
}

/** The error and what caused it; several addresses of one host come as an AggregateError. */
export function* causes(thrown: unknown, depth = 0): Generator<{ readonly code: string; readonly syscall: string }> {
  if (!(thrown instanceof Error) || depth > 4) return;
  const code = "code" in thrown ? String(thrown.code) : "";
  const syscall = "syscall" in thrown ? String(thrown.syscall) : "";
  yield { code, syscall };
  yield* causes(thrown.cause, depth + 1);
  if (thrown instanceof AggregateError) for (const error of thrown.errors) yield* causes(error, depth + 1);
}
