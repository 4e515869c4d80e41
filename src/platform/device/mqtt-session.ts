import type { TLSSocket } from "node:tls";
import { generate, type Packet, parser } from "mqtt-packet";

/** MQTT 3.1.1 over a socket that stands: packets out, and packets in as they are waited for. */
export interface MqttSession {
  readonly send: (packet: Packet) => void;
  /** Says that the session is over, and waits until that is on its way. */
  readonly leave: () => Promise<void>;
  /**
   * The next packet that fits, from those that have come and not been taken; others stay. Rejects with the
   * socket's error, with `SilentClose` when the server hung up, and with the signal's reason.
   */
  readonly receive: (fits: (packet: Packet) => boolean, signal: AbortSignal) => Promise<Packet>;
}

/** The server ended the connection without an answer. */
export class SilentClose extends Error {}

/** Begins a session on a connected socket. */
export function openMqttSession(socket: TLSSocket): MqttSession {
  const waiting: Packet[] = [];
  const reader = parser({ protocolVersion: 4 });
  let wake: () => void = () => undefined;
  let ended: Error | undefined;
  const end = (reason: Error) => {
    ended ??= reason;
    wake();
  };
  reader.on("packet", (packet: Packet) => {
    waiting.push(packet);
    wake();
  });
  reader.on("error", (error: Error) => end(error));
  socket.on("data", (octets: Buffer) => reader.parse(octets));
  socket.on("error", end);
  socket.on("close", () => end(new SilentClose("the connection was closed")));
  return {
    send: (packet) => {
      if (ended === undefined) socket.write(generate(packet, { protocolVersion: 4 }));
    },
    leave: () => new Promise((resolve) => socket.end(generate({ cmd: "disconnect" }), () => resolve())),
    receive: async (fits, signal) => {
      for (;;) {
        const index = waiting.findIndex(fits);
        const [found] = index < 0 ? [] : waiting.splice(index, 1);
        if (found !== undefined) return found;
        if (ended !== undefined) throw ended;
        signal.throwIfAborted();
        await new Promise<void>((resolve) => {
          const stop = () => resolve();
          signal.addEventListener("abort", stop, { once: true });
          wake = () => {
            signal.removeEventListener("abort", stop);
            resolve();
          };
        });
      }
    },
  };
}
