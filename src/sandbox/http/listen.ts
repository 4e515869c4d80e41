import type { AddressInfo, Server } from "node:net";
import { OnboardingError } from "../../domain/error.ts";

/** A port that was asked for, else the one from before. */
export interface WantedPort {
  /** 0: any. */
  readonly port: number;
  /** Taken if it is free and no other was asked for; 0: there was none. */
  readonly before: number;
}

/** Opens a server's port as `listen` does; one from before that is taken meanwhile gives way to one that is free. */
export async function listenAgain(server: Server, host: string, { port, before }: WantedPort): Promise<number> {
  if (port !== 0 || before === 0) return listen(server, host, port);
  try {
    return await listen(server, host, before);
  } catch (error) {
    if (!(error instanceof OnboardingError)) throw error;
    return listen(server, host, 0);
  }
}

/** Opens a server's port and returns its number; 0 takes one that is free. Throws `usage` for one that is taken. */
export async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new OnboardingError(`the sandbox cannot listen on port ${port}: ${cause.message}; choose another port`, {
          code: "usage",
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
  return (server.address() as AddressInfo).port;
}
