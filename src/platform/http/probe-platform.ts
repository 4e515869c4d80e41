import { connect, getCACertificates } from "node:tls";
import type { PlatformSite } from "../../domain/job.ts";
import type { Unanswered } from "../platform.ts";
import { connectionError } from "./connection-error.ts";
import { readAddress, readCaFile } from "./site-access.ts";

const TIMEOUT_MS = 10_000;

/**
 * Whether a connection to the platform stands and its certificate is trusted; undefined when both are so. Sends nothing,
 * so it needs no login. Takes ten seconds at most. Throws `usage` for an address or CA file that cannot be used.
 */
export function probePlatform(
  { url, caFile }: Pick<PlatformSite, "url" | "caFile">,
  signal?: AbortSignal,
): Promise<Unanswered | undefined> {
  const { hostname, port, origin } = readAddress(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const ca = caFile === undefined ? {} : { ca: [...getCACertificates("default"), readCaFile(caFile)] };
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port: Number(port || 443),
      servername: /[a-z]/i.test(host) && !host.includes(":") ? host : "",
      rejectUnauthorized: true,
      ...ca,
    });
    const end = (outcome: Unanswered | undefined) => {
      clearTimeout(alarm);
      signal?.removeEventListener("abort", stop);
      socket.destroy();
      resolve(outcome);
    };
    const stop = () => end({ kind: "unknown", message: "the connection was stopped" });
    const alarm = setTimeout(() => {
      end({ kind: "busy", status: 0, message: `the platform ${origin} cannot be reached: it does not answer` });
    }, TIMEOUT_MS);
    signal?.addEventListener("abort", stop, { once: true });
    socket.once("secureConnect", () => end(undefined));
    socket.once("error", (error) => end(connectionError(error, origin, { timedOut: false })));
  });
}
