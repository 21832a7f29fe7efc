// What the latest probes said, one bar for each: its height is how long the
// probe took, its form and colour whether it has passed.

import { el, setAttribute, setText, svg } from "./dom.js";
import { clock, plural, span } from "./format.js";

const kept = 60; // results that the daemon keeps
const bar = 10;
const height = 56;
const floor = 0.0001; // seconds, of the lowest bar: the scale is logarithmic

const words = { passed: "passed", failed: "failed", local: "not asked: trouble of the director" };

export class Timeline {
  constructor() {
    this.svg = svg("svg", { preserveAspectRatio: "none", "aria-hidden": "true" });
    this.from = el("span");
    this.to = el("span");
    this.reading = el("output", { class: "reading" });
    this.plot = el("div", { class: "plot", tabindex: "0", role: "group" }, this.svg);
    this.axis = el("div", { class: "axis" }, this.from, this.to);
    this.node = el("div", { class: "timeline" }, this.plot, this.axis, this.reading);
    this.plot.addEventListener("keydown", (event) => this.key(event));
    this.plot.addEventListener("pointermove", (event) => this.point(event));
    this.plot.addEventListener("pointerdown", (event) => this.point(event));
    this.plot.addEventListener("pointerleave", () => this.choose(null));
  }

  update(results) {
    const last = results.at(-1)?.time;
    if (this.drawn === last + " " + results.length) return;
    this.drawn = last + " " + results.length;
    this.results = results;
    const longest = Math.max(0.001, ...results.map((r) => r.duration_seconds));
    setAttribute(this.svg, "viewBox", `0 0 ${bar * kept} ${height}`);
    const offset = bar * Math.max(0, kept - results.length);
    this.bars = results.map((r, i) => barOf(r, offset + i * bar, longest));
    this.svg.replaceChildren(...this.bars);
    const failed = results.filter((r) => r.result === "failed").length;
    setAttribute(this.plot, "aria-label", `The latest ${plural(results.length, "probe")}, ${failed} failed. Arrow keys show each.`);
    setText(this.from, results.length > 0 ? clock(results[0].time) : "");
    setText(this.to, results.length > 0 ? clock(last) : "");
    this.axis.style.paddingLeft = Math.min(80, (100 * offset) / (bar * kept)) + "%";
    this.choose(this.chosen ?? null);
  }

  /** Shows one result, by its time; null: the sum of all. */
  choose(time) {
    const i = this.results?.findIndex((r) => r.time === time) ?? -1;
    this.chosen = i < 0 ? null : time;
    this.bars?.forEach((b, n) => b.classList.toggle("chosen", n === i));
    setText(this.reading, i < 0 ? summaryOf(this.results ?? []) : resultText(this.results[i]));
  }

  key(event) {
    const now = this.results?.findIndex((r) => r.time === this.chosen) ?? -1;
    const last = (this.results?.length ?? 0) - 1;
    const moves = { ArrowLeft: now < 0 ? last : now - 1, ArrowRight: now < 0 ? 0 : now + 1, Home: 0, End: last };
    if (!(event.key in moves) || last < 0) return;
    event.preventDefault();
    event.stopPropagation();
    this.choose(this.results[Math.min(last, Math.max(0, moves[event.key]))].time);
  }

  point(event) {
    const box = this.plot.getBoundingClientRect();
    const i = Math.floor(((event.clientX - box.left) / box.width) * kept) - kept + (this.results?.length ?? 0);
    this.choose(this.results?.[i]?.time ?? null);
  }
}

function barOf(r, x, longest) {
  const share = Math.log(Math.max(r.duration_seconds, floor) / floor) / Math.log(longest / floor);
  const h = Math.round(6 + (height - 20) * Math.min(1, share));
  const parts = [
    svg("rect", { class: "back", x: String(x), y: "0", width: String(bar), height: String(height) }),
    svg("rect", { class: "took", x: String(x + 1.5), y: String(height - h), width: String(bar - 3), height: String(h), rx: "1.5" }),
  ];
  if (r.result !== "passed") {
    const [left, right, top, bottom] = [x + 2, x + bar - 2, height - h - 9, height - h - 3];
    parts.push(svg("path", { class: "cross", d: r.result === "failed" ? `M${left} ${top}L${right} ${bottom}M${right} ${top}L${left} ${bottom}` : `M${left} ${bottom}H${right}` }));
  }
  return svg("g", { class: "bar", "data-result": r.result }, ...parts);
}

function summaryOf(results) {
  if (results.length === 0) return "No probe has ended yet.";
  const took = results.filter((r) => r.result === "passed").map((r) => r.duration_seconds).sort((a, b) => a - b);
  const failed = results.filter((r) => r.result === "failed").length;
  const median = took.length > 0 ? `, ${span(took[took.length >> 1])} in the median` : "";
  return `${plural(results.length, "probe")}: ${failed === 0 ? "none failed" : failed + " failed"}${median}`;
}

/** A result in words. */
export function resultText(r) {
  return `${clock(r.time)}  ${words[r.result] ?? r.result} after ${span(r.duration_seconds)}${r.reason ? ": " + r.reason : ""}`;
}
