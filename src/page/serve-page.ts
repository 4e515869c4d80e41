import type { AddressInfo } from "node:net";
import { OnboardingError } from "../domain/error.ts";
import { urlHost } from "./access/listen-address.ts";
import { makePageServer } from "./make-page-server.ts";
import type { PageSettings, PageTools } from "./page-tools.ts";

export interface RunningPage {
  /** Where it is, with the port that was chosen. */
  readonly url: string;
  /** Streams that are open now. */
  readonly streams: number;
  /** Ends every stream and connection, and waits for what is being answered, for a moment only. */
  close(): Promise<void>;
}

/** Serves the page. Throws `usage`, with the cure, where the address cannot be listened on. */
export async function servePage(settings: PageSettings, tools: PageTools): Promise<RunningPage> {
  const { address, tls } = settings;
  const { server, streams, listenOn } = await makePageServer(settings, tools);
  try {
    await server.listen({ host: address.host, port: address.port, backlog: 1024 });
  } catch (cause) {
    await server.close();
    throw listenError(cause, urlHost(address.host, address.port));
  }
  const { port } = server.server.address() as AddressInfo;
  listenOn(port);
  return {
    url: `${tls === undefined ? "http" : "https"}://${urlHost(address.host, port)}/`,
    get streams() {
      return streams.open();
    },
    close: () => server.close(),
  };
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: "another program listens there; stop it, or choose another port",
  EACCES: "this user may not use that port; choose one from 1024 on",
  EADDRNOTAVAIL: "this machine has no such address; choose one of its own, or 127.0.0.1",
  ENOTFOUND: "no such host is known; choose an address of this machine",
  EAI_AGAIN: "the name cannot be looked up now; use an address instead",
};

function listenError(cause: unknown, address: string): unknown {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const problem = LISTEN_PROBLEMS[code];
  if (problem === undefined) return cause;
  return new OnboardingError(`the page cannot be served on ${address}: ${problem}`, { code: "usage", cause });
}
