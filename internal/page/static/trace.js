// Remembers rates while the page is open, and draws them.

import { setAttribute, setText, svg } from "./dom.js";
import { span } from "./format.js";

const longest = 300_000; // what a chart shows: the last five minutes,
const shortest = 60_000; // or, of what is known for less, that
const gap = 20_000; // without a value for so long, the line is interrupted
const width = 240;
const height = 40;

/** The rates of one server over time. */
export class Trace {
  points = []; // {time, connections, bytesIn, bytesOut}; null: not known

  add(time, rates) {
    if (rates) this.points.push({ time, connections: rates.connections, bytesIn: rates.bytes_in, bytesOut: rates.bytes_out });
    const old = this.points.findIndex((p) => p.time >= time - longest);
    if (old > 0) this.points.splice(0, old);
    else if (old < 0) this.points.length = 0;
  }

  /** The greatest value of some series. */
  peak(series) {
    return this.points.reduce((most, p) => Math.max(most, ...series.map((s) => p[s])), 0);
  }
}

/** Traces by name; those that were given nothing are forgotten. */
export class Traces {
  traces = new Map();

  add(time, named) {
    const kept = new Map();
    for (const [name, rates] of named) {
      const trace = this.traces.get(name) ?? new Trace();
      trace.add(time, rates);
      kept.set(name, trace);
    }
    this.traces = kept;
  }

  of(name) {
    return this.traces.get(name) ?? new Trace();
  }
}

/**
 * A small chart of one or two series; the first has its area filled, the second
 * is a dashed line.
 */
export class Chart {
  constructor(series, name, format) {
    this.series = series;
    this.name = name;
    this.format = format;
    this.title = svg("title");
    this.area = svg("path", { class: "area" });
    this.lines = series.map((_, i) => svg("path", { class: "line line" + i, "vector-effect": "non-scaling-stroke" }));
    this.node = svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" },
      this.title, svg("path", { class: "base", d: `M0 ${height - 0.5}H${width}`, "vector-effect": "non-scaling-stroke" }), this.area, ...this.lines);
  }

  update(trace, now) {
    const peak = trace.peak(this.series);
    const window = Math.max(shortest, now - (trace.points[0]?.time ?? now));
    const x = (p) => (width * (1 - (now - p.time) / window)).toFixed(1);
    const y = (value) => ((height - 2) * (1 - (peak > 0 ? value / peak : 0)) + 1).toFixed(1);
    this.series.forEach((s, i) => setAttribute(this.lines[i], "d", line(pieces(trace.points, s), x, (p) => y(p[s]))));
    const first = this.series[0];
    setAttribute(this.area, "d", area(pieces(trace.points, first), x, (p) => y(p[first])));
    setText(this.title, `${this.name} in the last ${span(window / 1000)}, at most ${this.format(peak)}`);
  }
}

/** The points that have a value of a series, in pieces without a gap. */
function pieces(points, series) {
  const all = [];
  points.filter((p) => p[series] !== null).forEach((p, i, points) => {
    if (i === 0 || p.time - points[i - 1].time > gap) all.push([]);
    all.at(-1).push(p);
  });
  return all;
}

function line(pieces, x, y) {
  return pieces.map((piece) => "M" + piece.map((p) => x(p) + " " + y(p)).join("L")).join("");
}

function area(pieces, x, y) {
  return pieces.map((piece) => `M${x(piece[0])} ${height}L${piece.map((p) => x(p) + " " + y(p)).join("L")}L${x(piece.at(-1))} ${height}Z`).join("");
}
