import type { Logger } from "pino";
import { plainText } from "../report/plain-text.ts";
import type { Progress } from "../run/lot/progress.ts";

const REDRAW_MS = 200;
const LOG_MS = 10_000;

/**
 * Shows how far a room is: a line that redraws itself on a terminal, an entry in the log every ten
 * seconds otherwise. With the rate since the room began and the time left at that rate.
 */
export function showProgress(stream: NodeJS.WriteStream, log: Logger, now: () => number): (progress: Progress) => void {
  let room = "";
  let startedMs = 0;
  let startedAt = 0;
  let shownMs = 0;
  return ({ lot, room: current, done, total }) => {
    const nowMs = now();
    if (current !== room) {
      room = current;
      startedMs = nowMs;
      startedAt = done;
      shownMs = stream.isTTY ? 0 : nowMs;
    }
    const ended = done >= total;
    if (!ended && nowMs - shownMs < (stream.isTTY ? REDRAW_MS : LOG_MS)) return;
    shownMs = nowMs;
    const seconds = (nowMs - startedMs) / 1000;
    const rate = seconds > 0 ? (done - startedAt) / seconds : 0;
    const left = rate > 0 ? (total - done) / rate : undefined;
    if (!stream.isTTY) {
      log.info(
        {
          lot,
          room,
          done,
          total,
          perSecond: Number(rate.toFixed(1)),
          secondsLeft: left === undefined ? null : Math.round(left),
        },
        "progress",
      );
      return;
    }
    const words = ended ? "" : left === undefined ? "" : `, ${formatSeconds(left)} left`;
    stream.write(
      `\r\u001b[K${plainText(lot)}: ${room} ${done} of ${total}${rate > 0 ? `, ${formatRate(rate)}` : ""}${words}${ended ? "\n" : ""}`,
    );
  };
}

function formatRate(perSecond: number): string {
  return perSecond >= 10 ? `${Math.round(perSecond)} a second` : `${perSecond.toFixed(1)} a second`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
