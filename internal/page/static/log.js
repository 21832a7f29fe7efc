// The event log, the newest event first.

import { byId, el, List, setShown } from "./dom.js";
import { clock, moment } from "./format.js";
import { filterEvent } from "./model.js";

const kept = 500;
const shown = 200;

export class Log {
  events = []; // the newest first

  constructor(show) {
    this.show = show;
    this.list = new List(byId("event-list"), (e) => new Entry(e, show));
  }

  add(events) {
    this.events.unshift(...events.toReversed());
    this.events.length = Math.min(this.events.length, kept);
  }

  update(words, onlyWarnings) {
    const fitting = this.events.filter((e) => filterEvent(e, words, onlyWarnings)).slice(0, shown);
    this.list.update(fitting, (e) => e.seq);
    setShown(byId("no-events"), fitting.length === 0);
    setShown(byId("event-list"), fitting.length > 0);
  }
}

/** What an event is about. */
export function subject(e) {
  return [e.virtual_server, e.real_server, e.instance].filter(Boolean).join(" ");
}

/** One event. It never changes. */
class Entry {
  constructor(e, show) {
    const about = subject(e);
    const text = e.text || e.kind.replaceAll("_", " ");
    const what = el("span", { class: "what" }, text);
    if (e.kind === "command") what.prepend(el("span", { class: "kind" }, "command "));
    if (e.by) what.append(el("span", { class: "by" }, " by " + e.by));
    this.node = el("li", { "data-tone": e.warning ? "bad" : "calm" },
      el("span", { class: "sign", "aria-hidden": "true" }, e.warning ? "⚠" : "·"),
      el("time", { datetime: e.time, title: moment(e.time) }, clock(e.time)),
      el("span", { class: "entry" }, e.warning ? el("span", { class: "hidden" }, "Warning: ") : "", subjectNode(e, about, show), what));
  }

  update() {}
}

/** The subject, as a way to its real server if it is one. */
function subjectNode(e, about, show) {
  if (!about) return "";
  if (!e.virtual_server || !e.real_server) return el("span", { class: "about" }, about + " ");
  const button = el("button", { type: "button", class: "about" }, about);
  button.addEventListener("click", () => show(e.virtual_server, e.real_server));
  return el("span", {}, button, " ");
}
