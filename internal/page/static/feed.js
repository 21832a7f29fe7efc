// Keeps the page up to date: the status every few seconds and at once after an
// event, events as they come. Nothing is asked while nobody looks.

import { follow, get, Unauthorized } from "./client.js";

const interval = 2000;
const soon = 150; // after an event: others often come with it
const firstWait = 1000;
const longestWait = 30_000;
const firstEvents = 200;

/**
 * Asks until stop. Its listener has:
 *   status(status)        the state of the daemon
 *   events(events, live)  news, the oldest first; live: they came just now
 *   gone(error, retry)    no answer; it is asked again at the time retry
 *   live(yes)             whether events come as they happen
 *   paused(yes)           whether nobody looks
 *   unauthorized()        the token is wrong or missing; start goes on
 */
export class Feed {
  constructor(listener) {
    this.listener = listener;
    this.last = null; // number of the last event
    this.running = false;
    this.timer = 0;
    this.asking = false;
    this.again = false; // something has happened since the status was asked for
    this.failures = 0;
    document.addEventListener("visibilitychange", () => this.looked());
    addEventListener("online", () => this.retry());
  }

  start() {
    this.wanted = true;
    this.looked();
  }

  stop() {
    this.wanted = false;
    this.looked();
  }

  /** Begins and ends as somebody looks and does not. */
  looked() {
    const run = this.wanted && !document.hidden;
    if (run === this.running) return;
    this.running = run;
    clearTimeout(this.timer);
    this.listener.paused(!run);
    if (run) {
      this.failures = 0;
      this.stream = new AbortController();
      this.ask();
      this.listen(this.stream.signal);
    } else {
      this.stream.abort();
    }
  }

  /** Asks now instead of after the wait. */
  retry() {
    if (!this.running || this.failures === 0) return;
    clearTimeout(this.timer);
    this.ask();
  }

  /** Asks for the status soon: something has happened. */
  hurry() {
    if (this.asking) this.again = true;
    else if (this.running && this.failures === 0) this.next(soon);
  }

  next(wait) {
    clearTimeout(this.timer);
    if (this.running) this.timer = setTimeout(() => this.ask(), wait);
  }

  async ask() {
    if (this.asking) return;
    this.asking = true;
    this.again = false;
    const begun = performance.now();
    try {
      const status = await get("status");
      const back = this.failures > 0;
      this.failures = 0;
      if (this.wanted) this.listener.status(status);
      if (back) this.reconnect?.();
      // A large director, or a slow line, is asked less often.
      this.next(this.again ? soon : Math.max(interval, 4 * (performance.now() - begun)));
    } catch (error) {
      this.failed(error);
    } finally {
      this.asking = false;
    }
  }

  failed(error) {
    if (!this.running) return;
    if (error instanceof Unauthorized) {
      this.stop();
      this.listener.unauthorized();
      return;
    }
    const wait = backOff(this.failures++);
    this.listener.gone(error, Date.now() + wait);
    this.next(wait);
  }

  /** Follows events until signal is aborted, from the last one on. */
  async listen(signal) {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.catchUp();
        await follow(this.last ?? 0, signal, () => {
          failures = 0;
          this.listener.live(true);
        }, (event) => this.take(event));
      } catch {
        // Whether the daemon is gone, the status tells.
      }
      if (signal.aborted) return;
      this.listener.live(false);
      this.hurry();
      await this.wait(backOff(failures));
    }
  }

  /** Gets the events before the page was opened. */
  async catchUp() {
    if (this.last !== null) return;
    const { events } = await get("events?limit=" + firstEvents);
    this.last = events.at(-1)?.seq ?? 0;
    this.listener.events(events, false);
  }

  take(event) {
    if (event.seq) {
      this.last = event.seq;
      this.listener.events([event], true);
    }
    this.hurry();
  }

  /** Waits, but not longer than until the daemon is back. */
  wait(time) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, time);
      this.reconnect = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The wait after so many failures, random so that many pages do not come at once. */
function backOff(failures) {
  return Math.min(longestWait, firstWait * 2 ** failures) * (0.75 + Math.random() / 2);
}
