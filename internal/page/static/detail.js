// The window that shows one real server. It is at its own address (the part
// after #), so that it can be linked to, and the browser's way back closes it.

import { get, realServerPath, Unauthorized } from "./client.js";
import { byId, el, List, setAttribute, setShown, setText } from "./dom.js";
import { age, bytes, bytesPerSecond, clock, count, moment, none, perSecond, plural, span } from "./format.js";
import { notesOf, overrideText, seen, stateOf } from "./model.js";
import { Badge, Measure } from "./services.js";
import { Timeline } from "./timeline.js";
import { Trace } from "./trace.js";

const failuresShown = 12;

export class Detail {
  constructor() {
    this.node = byId("detail");
    this.build();
    this.node.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.leave();
    });
    this.node.addEventListener("click", (event) => event.target === this.node && this.leave());
    addEventListener("hashchange", () => this.follow());
  }

  build() {
    this.title = el("h2", { id: "detail-title" });
    this.where = el("p", { class: "where" });
    this.badge = new Badge();
    this.badge.node.classList.add("large");
    this.close = el("button", { type: "button", class: "quiet close", "aria-label": "Close" }, "✕");
    this.close.addEventListener("click", () => this.leave());
    this.notes = el("div", { class: "notes" });
    this.facts = new Facts();
    this.connections = new Measure("Connections", ["connections"], perSecond, ["new connections"]);
    this.bytes = new Measure("Bytes", ["bytesIn", "bytesOut"], bytesPerSecond, ["in", "out"]);
    this.measures = el("section", { class: "measures", "aria-label": "Rates since this was opened" }, this.connections.node, this.bytes.node);
    this.probeNote = el("p", { class: "empty" });
    this.probeList = el("div");
    this.probes = new List(this.probeList, () => new Probe());
    this.node.append(
      el("header", {}, el("div", {}, this.title, this.where), this.badge.node, this.close),
      el("div", { class: "content" }, this.notes, this.facts.node, this.measures,
        el("section", { class: "probes", "aria-label": "Probes" }, this.probeNote, this.probeList)));
  }

  /** Shows a real server. */
  show(virtual, real) {
    this.opener = document.activeElement;
    this.ours = true;
    location.hash = "/" + encodeURIComponent(virtual) + "/" + encodeURIComponent(real);
  }

  /** Goes back to where the page was. */
  leave() {
    if (this.ours) history.back();
    else location.hash = "";
  }

  /** Opens and closes as the address says. */
  follow() {
    const shown = parseHash(location.hash);
    this.shown = shown;
    this.trace = new Trace();
    this.asked = 0;
    if (!shown) {
      this.ours = false;
      if (this.node.open) this.node.close();
      if (this.opener?.isConnected) this.opener.focus();
      return;
    }
    setText(this.title, shown.real);
    setText(this.where, "real server of " + shown.virtual);
    setText(this.probeNote, "Asking for its probes …");
    setShown(this.probeNote, true);
    this.probes.update([], (p) => p.kind);
    if (this.status) this.update(this.status, this.now);
    if (!this.node.open) this.node.showModal();
    this.node.scrollTop = 0;
  }

  update(status, now) {
    this.status = status;
    this.now = now;
    if (!this.shown) return;
    const v = status.virtual_servers.find((s) => s.name === this.shown.virtual);
    const r = v?.real_servers.find((s) => s.address === this.shown.real);
    this.badge.update(r ? { ...stateOf(r.state), word: r.state } : { sign: "?", word: "not there", tone: "dim", text: "The configuration has no such real server" });
    this.notes.replaceChildren(...(r ? notesOf(r) : []).map((n) => el("p", { class: "said", "data-tone": n.tone }, (n.sign && n.sign + " ") + n.text)));
    this.facts.update(r ? factsOf(v, r, now) : []);
    const rates = r && seen(r.rates, [r.method]);
    this.trace.add(now, rates);
    setShown(this.measures, this.trace.points.length > 0);
    this.connections.update(this.trace, now, rates && [rates.connections]);
    this.bytes.update(this.trace, now, rates && [rates.bytes_in, rates.bytes_out]);
    if (r) this.ask();
  }

  /** Gets what the probes say. */
  async ask() {
    const { shown } = this;
    const turn = ++this.asked;
    try {
      const { probes } = await get(realServerPath(shown.virtual, shown.real) + "/probes");
      if (this.shown !== shown || turn !== this.asked) return;
      setShown(this.probeNote, probes.length === 0);
      setText(this.probeNote, "It has no probes: it counts as up.");
      this.probes.update(probes.map((p, i) => ({ ...p, key: i + p.kind })), (p) => p.key, { now: this.now });
    } catch (error) {
      if (this.shown !== shown || error instanceof Unauthorized) return;
      setShown(this.probeNote, true);
      setText(this.probeNote, "Its probes are not known: " + error.message);
    }
  }
}

/** The real server that an address means; null: none. */
function parseHash(hash) {
  const [, virtual, real] = hash.slice(1).split("/");
  if (!virtual || !real) return null;
  try {
    return { virtual: decodeURIComponent(virtual), real: decodeURIComponent(real) };
  } catch {
    return null;
  }
}

function factsOf(v, r, now) {
  const ago = (time) => (time ? `${clock(time)} (${age(time, now)} ago)` : none);
  const facts = [
    ["Weight", r.weight === r.configured_weight ? count(r.weight) : `${count(r.weight)} in the kernel, ${count(r.configured_weight)} configured`],
    ["Method", r.method],
    ["Active connections", count(r.active)],
    ["Inactive connections", count(r.inactive)],
    ["Health by probes", r.health],
    ["State since", ago(r.since)],
    ["Last probe", ago(r.last_probe)],
    ["Virtual server", v.services.join(", ")],
  ];
  if (r.totals) facts.push(["Since it is in the table", `${plural(r.totals.connections, "connection")}, ${bytes(r.totals.bytes_in)} in, ${bytes(r.totals.bytes_out)} out`]);
  if (r.override) {
    facts.push(["Command", overrideText(r.override) + (r.override.since ? ", " + ago(r.override.since) : "")]);
    if (r.override.until) facts.push(["Drain ends", clock(r.override.until) + ", with the connections that are left"]);
  }
  return facts;
}

/** Names with values. */
class Facts {
  constructor() {
    this.node = el("dl", { class: "facts" });
    this.list = new List(this.node, ([name]) => new Fact(name));
  }

  update(facts) {
    this.list.update(facts, ([name]) => name);
  }
}

class Fact {
  constructor(name) {
    this.value = el("dd");
    this.node = el("div", {}, el("dt", {}, name), this.value);
  }

  update([, value]) {
    setText(this.value, value);
  }
}

/** One probe with its history. */
class Probe {
  constructor() {
    this.kind = el("h3");
    this.badge = new Badge();
    this.since = el("span", { class: "since" });
    this.said = el("p", { class: "said", hidden: "" });
    this.timeline = new Timeline();
    this.failuresTitle = el("h4", {}, "Not passed lately");
    this.failures = el("ol", { class: "failures" });
    this.list = new List(this.failures, () => new Failures());
    this.node = el("article", { class: "probe" }, el("div", { class: "title" }, this.kind, this.badge.node, this.since), this.said, this.timeline.node, this.failuresTitle, this.failures);
  }

  update(p, { now }) {
    setText(this.kind, p.kind);
    this.badge.update({ ...stateOf(p.state), word: p.state });
    setText(this.since, p.since ? "for " + age(p.since, now) : "");
    setAttribute(this.since, "title", p.since && "since " + moment(p.since));
    const said = p.warning ? "⚠ " + p.warning : p.reason;
    setText(this.said, said);
    setAttribute(this.said, "data-tone", p.warning ? "warn" : "bad");
    setShown(this.said, said !== "");
    this.timeline.update(p.history);
    const bad = failuresOf(p.history).slice(0, failuresShown);
    setShown(this.failuresTitle, bad.length > 0);
    this.list.update(bad, (f) => f.first.time + f.first.reason);
  }
}

/** Results that are no success, the newest first; equal ones in a row are one. */
function failuresOf(history) {
  const all = [];
  let before = null;
  for (const r of history) {
    const same = before && r.result === before.result && r.reason === before.reason;
    if (r.result !== "passed" && same) {
      all[0].last = r;
      all[0].times++;
    } else if (r.result !== "passed") {
      all.unshift({ first: r, last: r, times: 1 });
    }
    before = r;
  }
  return all;
}

/** Equal results in a row. */
class Failures {
  constructor() {
    this.time = el("time");
    this.times = el("span", { class: "times" });
    this.why = el("span", { class: "why" });
    this.node = el("li", {}, this.time, this.times, this.why);
  }

  update({ first, last, times }) {
    setAttribute(this.node, "data-result", first.result);
    setAttribute(this.time, "title", moment(last.time));
    setText(this.time, times > 1 ? clock(first.time) + " – " + clock(last.time) : clock(first.time));
    setText(this.times, times > 1 ? times + " times" : "after " + span(first.duration_seconds));
    setText(this.why, first.result === "failed" ? "✕ " + (first.reason || "failed") : "– " + (first.reason || "trouble of the director"));
  }
}
