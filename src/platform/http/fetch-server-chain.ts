import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect } from "node:tls";
import { OnboardingError } from "../../domain/error.ts";
import { causes } from "./connection-error.ts";

/** Long enough for a slow line; a host that says nothing for so long says nothing. */
const TIMEOUT_MS = 15_000;
/** No server presents more. */
const MAX_CERTIFICATES = 20;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name cannot be looked up now",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  ECONNRESET: "the connection was reset",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS",
  EPROTO: "it does not speak TLS as expected",
};

export interface FetchOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * The certificates that a TLS server presents, its own first, exactly as it sends them. Nothing is verified
 * here but that the server has the key of its own certificate, which the handshake proves; the caller decides
 * whom to believe. Takes bounded time. Throws `platform-unreachable`, and `stopped` on the signal.
 */
export function fetchServerChain(
  host: string,
  port: number,
  { timeoutMs = TIMEOUT_MS, signal }: FetchOptions = {},
): Promise<readonly X509Certificate[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      rejectUnauthorized: false,
      // Without a CA of ours, so that no certificate is added to what the server has sent.
      ca: [],
      ...(isIP(host) === 0 && { servername: host }),
    });
    const fail = (reason: string, cause?: unknown) =>
      settle(() =>
        reject(
          new OnboardingError(`cannot see the certificates of ${host}:${port}: ${reason}`, {
            code: "platform-unreachable",
            cause,
          }),
        ),
      );
    const stop = () => settle(() => reject(new OnboardingError("stopped", { code: "stopped" })));
    const alarm = setTimeout(() => fail(`it did not answer within ${timeoutMs / 1000} s`), timeoutMs);
    const settle = (how: () => void) => {
      clearTimeout(alarm);
      signal?.removeEventListener("abort", stop);
      socket.destroy();
      how();
    };
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted === true) stop();
    socket.once("error", (error) => fail(reasonOf(error), error));
    socket.once("secureConnect", () => {
      const chain = presented(socket.getPeerX509Certificate());
      if (chain.length === 0) fail("it presents none");
      else settle(() => resolve(chain));
    });
  });
}

/** The list that the handshake brought, which Node hands out link by link. */
function presented(own: X509Certificate | undefined): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let next = own; next !== undefined && chain.length < MAX_CERTIFICATES; next = next.issuerCertificate) {
    chain.push(next);
  }
  return chain;
}

function reasonOf(error: unknown): string {
  for (const { code } of causes(error)) {
    const reason = WORDS[code];
    if (reason !== undefined) return reason;
  }
  const [first] = causes(error);
  return `the connection broke (${first?.code || "no code"})`;
}
