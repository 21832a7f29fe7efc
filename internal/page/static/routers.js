// Virtual routers (VRRP instances).

import { el, setAttribute, setShown, setText } from "./dom.js";
import { age, count, moment } from "./format.js";
import { routerState } from "./model.js";
import { Badge } from "./services.js";

/** One virtual router: a view of a List of them. */
export class Router {
  constructor() {
    this.badge = new Badge();
    this.name = el("h3");
    this.since = el("span", { class: "since" });
    this.facts = el("p", { class: "facts" });
    this.addresses = el("p", { class: "addresses" });
    this.notes = el("ul", { class: "notes", hidden: "" });
    this.node = el("article", { class: "card router" }, el("div", { class: "title" }, this.name, this.badge.node, this.since), this.facts, this.addresses, this.notes);
  }

  update(r, context) {
    setText(this.name, r.name);
    this.badge.update({ ...routerState(r), word: r.state });
    setText(this.since, age(r.since, context.now));
    setAttribute(this.since, "title", r.since && "since " + moment(r.since));
    setText(this.facts, [
      `${r.interface}, id ${r.virtual_router_id}`,
      "priority " + r.priority + (r.priority_override ? " (by an operator)" : ""),
      masterText(r),
    ].filter(Boolean).join(" · "));
    setText(this.addresses, r.addresses.join(", "));
    this.note(routerNotes(r));
  }

  note(notes) {
    const text = notes.join("\n");
    if (text === this.noted) return;
    this.noted = text;
    setShown(this.notes, notes.length > 0);
    this.notes.replaceChildren(...notes.map((note) => el("li", {}, "⚠ " + note)));
  }
}

function masterText(r) {
  if (r.state === "MASTER") return r.counters.adverts_received > 0 ? "a peer has been heard" : "";
  return r.master ? "master " + r.master : "no master is heard";
}

function routerNotes(r) {
  const notes = [...r.faults, ...r.conflicts];
  if (r.waiting) notes.push("waits for " + r.waiting);
  if (r.handing_over) notes.push("hands over: the addresses stay until another one has them");
  if (r.released) notes.push("released: it does not preempt");
  if (r.counters.send_errors > 0) notes.push(count(r.counters.send_errors) + " advertisements could not be sent");
  return notes;
}
