import type { AddressInfo, Server } from "node:net";
import { OnboardingError } from "../../domain/error.ts";

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
