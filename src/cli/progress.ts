import type { Logger } from "pino";
import { count, plainText } from "../report/plain-text.ts";
import type { Progress } from "../run/lot/progress.ts";
import type { StatusLine } from "./status-line.ts";

const REDRAW_MS = 200;
const LOG_MS = 30_000;
const BAR = 24;
/** Narrower than this, the figures need all the room. */
const ROOM_FOR_BAR = 80;

/**
 * Shows how far a step of a lot is, with the rate since it began and the time left at that rate: on a terminal a bar
 * on the status line, gone when the step has ended; elsewhere an entry in the log every half minute, and none
 * for a step that is over sooner.
 */
export function showProgress(line: StatusLine, log: Logger, now: () => number): (progress: Progress) => void {
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
      shownMs = line.live ? 0 : nowMs;
    }
    if (line.live && done >= total) line.clear();
    if (done >= total || nowMs - shownMs < (line.live ? REDRAW_MS : LOG_MS)) return;
    shownMs = nowMs;
    const seconds = (nowMs - startedMs) / 1000;
    const rate = seconds > 0 ? (done - startedAt) / seconds : 0;
    const left = rate > 0 ? (total - done) / rate : undefined;
    const figures = [
      `${count(done)} of ${count(total)}`,
      ...(rate > 0 ? [formatRate(rate)] : []),
      ...(left === undefined ? [] : [`${formatSeconds(left)} left`]),
    ].join(", ");
    if (line.live) {
      const bar = line.columns < ROOM_FOR_BAR ? " " : ` ${progressBar(done / total)} `;
      line.show(`${plainText(lot)}: ${room}${bar}${figures}`);
      return;
    }
    const perSecond = Number(rate.toFixed(1));
    const secondsLeft = left === undefined ? null : Math.round(left);
    log.info({ lot, room, done, total, perSecond, secondsLeft }, `${room} ${figures}`);
  };
}

/** In ASCII, which every terminal and font shows. */
function progressBar(share: number): string {
  const full = Math.floor(share * BAR);
  return `[${"#".repeat(full)}${"-".repeat(BAR - full)}] ${String(Math.floor(share * 100)).padStart(2)} %`;
}

function formatRate(perSecond: number): string {
  return perSecond >= 10 ? `${count(Math.round(perSecond))} a second` : `${perSecond.toFixed(1)} a second`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
