// Virtual servers with their real servers. There may be thousands: what is not
// near the window is not made, and not changed, until it comes near.

import { el, List, setAttribute, setShown, setText, unwatch, watch } from "./dom.js";
import { age, bytesPerSecond, count, moment, perSecond, plural } from "./format.js";
import { methodsOf, notesOf, seen, serviceState, stateOf } from "./model.js";
import { Chart } from "./trace.js";

const rowHeight = 33; // pixels, before a row has been drawn
const headHeight = 96;
const chunkSize = 40; // rows that are made together
const openUpTo = 12; // real servers of a service that is open from the start
const openAltogether = 400; // real servers of a director whose services are
const worstShown = 20; // of a closed service

export const realServerKey = (virtual, real) => virtual + "\n" + real;

/** One virtual server: a view of a List of {v, servers}. */
export class Service {
  constructor() {
    this.node = el("section", { class: "card service" });
    this.near = false;
    watch(this);
  }

  removed() {
    unwatch(this);
    this.rows?.removed();
  }

  comes(near) {
    this.near = near;
    if (near) this.draw();
  }

  update(item, context) {
    this.item = item;
    this.context = context;
    if (this.near) this.draw();
    else if (!this.built) this.node.style.minHeight = headHeight + rowHeight * this.shown().length + "px";
  }

  /** Whether all real servers are shown, unless somebody has chosen. */
  isOpen() {
    const { v } = this.item;
    const few = v.real_servers.length <= openUpTo && this.context.totals.servers <= openAltogether;
    return this.chosen ?? (few || this.context.words.length > 0);
  }

  /** The real servers to show: all, or those that somebody should look at. */
  shown() {
    const { servers } = this.item;
    return this.isOpen() ? servers : servers.filter((r) => r.state !== "up" || r.warning || r.override).slice(0, worstShown);
  }

  build() {
    this.built = true;
    this.node.style.minHeight = "";
    const id = "service-" + Service.number++;
    this.badge = new Badge();
    this.name = el("span", { class: "name" });
    this.toggle = el("button", { type: "button", class: "toggle nav", "aria-controls": id }, el("span", { class: "chevron", "aria-hidden": "true" }), this.name);
    this.toggle.addEventListener("click", () => {
      this.chosen = !this.isOpen();
      this.draw();
    });
    this.address = el("span", { class: "addresses" });
    this.facts = el("span", { class: "facts" });
    this.note = el("p", { class: "note", hidden: "" });
    this.connections = new Measure("Connections", ["connections"], perSecond, ["conn"]);
    this.bytes = new Measure("Bytes", ["bytesIn", "bytesOut"], bytesPerSecond, ["in", "out"]);
    this.rows = new Rows(id);
    this.more = el("button", { type: "button", class: "quiet more" });
    this.more.addEventListener("click", () => this.toggle.click());
    this.node.append(
      el("header", {}, el("div", { class: "title" }, el("h3", {}, this.toggle), this.badge.node, this.address, this.facts),
        el("div", { class: "measures" }, this.connections.node, this.bytes.node)),
      this.note, this.rows.node, this.more);
  }

  draw() {
    if (!this.built) this.build();
    const { v } = this.item;
    const context = this.context;
    setText(this.name, v.name);
    this.badge.update(serviceState(v));
    setText(this.address, v.services.length > 3 ? v.services.slice(0, 2).join(", ") + " and " + (v.services.length - 2) + " more" : v.services.join(", "));
    setAttribute(this.address, "title", v.services.length > 3 ? v.services.join("\n") : null);
    setText(this.facts, factsOf(v));
    const note = v.error || (v.contested ? "Another program changes it again and again" : "");
    setText(this.note, note && "⚠ " + note);
    setShown(this.note, note !== "");
    const trace = context.traces.of(v.name);
    const rates = seen(v.rates, methodsOf(v));
    this.connections.update(trace, context.now, rates && [rates.connections]);
    this.bytes.update(trace, context.now, rates && [rates.bytes_in, rates.bytes_out]);
    const open = this.isOpen();
    const shown = this.shown();
    setAttribute(this.toggle, "aria-expanded", String(open));
    this.rows.update(shown, v.name, context);
    const left = this.item.servers.length - shown.length;
    setShown(this.more, left > 0);
    setText(this.more, left > 0 ? moreText(this.item.servers, shown) : "");
  }
}
Service.number = 0;

function factsOf(v) {
  const parts = [v.scheduler, methodsOf(v).join("/"), `live weight ${count(v.live_weight)}, quorum ${count(v.quorum)}`];
  if (v.repairs > 0) parts.push(plural(v.repairs, "repair"));
  return parts.filter(Boolean).join(" · ");
}

function moreText(servers, shown) {
  const hidden = servers.length - shown.length;
  return shown.length === 0 ? `Show ${plural(hidden, "real server")}` : `Show ${count(hidden)} more real servers`;
}

/** A state as a sign and a word. */
export class Badge {
  constructor() {
    this.sign = el("span", { "aria-hidden": "true" });
    this.word = el("span");
    this.node = el("span", { class: "badge" }, this.sign, this.word);
  }

  update({ sign, word, tone, text = null }) {
    setText(this.sign, sign);
    setText(this.word, word);
    setAttribute(this.node, "data-tone", tone);
    setAttribute(this.node, "title", text);
  }
}

/** A chart with what it says now. */
export class Measure {
  constructor(name, series, format, labels) {
    this.format = format;
    this.chart = new Chart(series, name, format);
    this.values = labels.map(() => el("span", { class: "value" }));
    this.node = el("div", { class: "measure" }, this.chart.node,
      el("div", { class: "values" }, ...labels.map((label, i) => el("span", { class: "series series" + i }, el("span", { class: "label" }, label), " ", this.values[i]))));
  }

  update(trace, now, values) {
    this.chart.update(trace, now);
    this.values.forEach((node, i) => setText(node, this.format(values ? values[i] : null)));
  }
}

const columns = ["State", "Real server", "Weight", "Active", "Inactive", "Conn/s", "In", "Out", "Since"];

/** The real servers of a virtual server, in chunks. */
class Rows {
  constructor(id) {
    this.body = el("div", { role: "presentation", class: "body" });
    this.node = el("div", { class: "rows", role: "table", id },
      el("div", { class: "row head", role: "row" }, ...columns.map((name) => el("span", { role: "columnheader" }, name))), this.body);
    this.chunks = new List(this.body, () => new Chunk());
  }

  removed() {
    this.chunks.update([], () => "", null);
  }

  update(servers, virtual, context) {
    setShown(this.node, servers.length > 0);
    setAttribute(this.node, "aria-label", "Real servers of " + virtual);
    setAttribute(this.node, "aria-rowcount", String(servers.length + 1));
    const chunks = [];
    for (let from = 0; from < servers.length; from += chunkSize) chunks.push({ from, virtual, servers: servers.slice(from, from + chunkSize) });
    this.chunks.update(chunks, (c) => c.from, context);
  }
}

/** Some real servers that are made together. */
class Chunk {
  constructor() {
    this.node = el("div", { class: "chunk", role: "rowgroup" });
    this.near = false;
    this.rows = new List(this.node, () => new Row());
    watch(this);
  }

  removed() {
    unwatch(this);
  }

  comes(near) {
    this.near = near;
    if (near) this.draw();
  }

  update(item, context) {
    this.item = item;
    this.context = context;
    if (this.near || this.item.from === 0) this.draw();
    else if (!this.drawn) this.node.style.minHeight = rowHeight * item.servers.length + "px";
  }

  draw() {
    this.drawn = true;
    this.node.style.minHeight = "";
    const { virtual, from } = this.item;
    this.rows.update(this.item.servers, (r) => r.address, { ...this.context, virtual, from });
  }
}

/** A real server: a view of a List of them. */
class Row {
  constructor() {
    this.badge = new Badge();
    this.open = el("button", { type: "button", class: "open nav", tabindex: "-1", "aria-haspopup": "dialog" });
    this.open.addEventListener("click", () => this.context.show(this.context.virtual, this.address));
    this.cells = ["weight", "active", "inactive", "conn", "in", "out", "since"].map((name) => el("span", { role: "cell", class: "number " + name }));
    this.notes = el("span", { role: "cell", class: "notes", hidden: "" });
    this.node = el("div", { class: "row", role: "row" }, el("span", { role: "cell" }, this.badge.node), el("span", { role: "cell", class: "address" }, this.open), ...this.cells, this.notes);
  }

  update(r, context) {
    this.context = context;
    this.address = r.address;
    setText(this.open, r.address);
    this.badge.update({ ...stateOf(r.state), word: r.state });
    setAttribute(this.node, "data-state", r.state);
    const weight = r.weight === r.configured_weight ? count(r.weight) : `${count(r.weight)} of ${count(r.configured_weight)}`;
    const rates = seen(r.rates, [r.method]);
    const texts = [weight, count(r.active), count(r.inactive), perSecond(rates?.connections), bytesPerSecond(rates?.bytes_in), bytesPerSecond(rates?.bytes_out), age(r.since, context.now)];
    texts.forEach((text, i) => setText(this.cells[i], text));
    if (this.since !== r.since) {
      this.since = r.since;
      setAttribute(this.cells.at(-1), "title", r.since && moment(r.since));
    }
    this.note(notesOf(r));
  }

  note(notes) {
    const text = notes.map((n) => n.text).join("\n");
    if (text === this.noted) return;
    this.noted = text;
    setShown(this.notes, notes.length > 0);
    this.notes.replaceChildren(...notes.map((n) => el("span", { class: "said", "data-tone": n.tone }, (n.sign && n.sign + " ") + n.text)));
  }
}
