// The status page: takes what the daemon says, and shows it.

import { daemonTime, hasToken, setToken } from "./client.js";
import { Detail } from "./detail.js";
import { byId, el, List, setAttribute, setShown, setText } from "./dom.js";
import { Feed } from "./feed.js";
import { bytesPerSecond, clock, count, perSecond, plural, span } from "./format.js";
import { Log, subject } from "./log.js";
import { filterRouter, filterService, methodsOf, parseFilter, seen, states, totals, troubles } from "./model.js";
import { Router } from "./routers.js";
import { Service } from "./services.js";
import { Traces } from "./trace.js";

class App {
  constructor() {
    this.words = [];
    this.detail = new Detail();
    const show = (virtual, real) => this.detail.show(virtual, real);
    this.log = new Log(show);
    this.show = show;
    this.traces = new Traces();
    this.services = new List(byId("service-list"), () => new Service());
    this.routers = new List(byId("router-list"), () => new Router());
    this.banners = new List(byId("banners"), () => new Banner());
    this.stats = new List(byId("summary"), (s) => new Stat(s, (word) => this.filterBy(word)));
    this.feed = new Feed(this);
    this.link = { state: "waiting" };
    this.controls();
    this.feed.start();
    setInterval(() => this.link.state === "gone" && this.tell(), 1000);
  }

  controls() {
    byId("filter").addEventListener("input", (event) => {
      this.words = parseFilter(event.target.value);
      this.draw();
    });
    byId("warnings").addEventListener("change", () => this.drawEvents());
    byId("login").addEventListener("submit", (event) => {
      event.preventDefault();
      setToken(byId("token").value);
      byId("token").value = "";
      setShown(byId("login"), false);
      this.feed.start();
    });
    byId("forget").addEventListener("click", () => {
      setToken("");
      location.reload();
    });
    document.addEventListener("keydown", (event) => this.key(event));
    this.themes();
  }

  /** The switch between dark, light and what the system has. */
  themes() {
    const order = { auto: "light", light: "dark", dark: "auto" };
    const root = document.documentElement;
    const draw = () => {
      const theme = root.dataset.theme ?? "auto";
      setText(byId("theme"), { auto: "◐ Auto", light: "☀ Light", dark: "☾ Dark" }[theme]);
      setAttribute(byId("theme"), "aria-label", `Colours: ${theme}. Change to ${order[theme]}`);
    };
    byId("theme").addEventListener("click", () => {
      const next = order[root.dataset.theme ?? "auto"];
      if (next === "auto") delete root.dataset.theme;
      else root.dataset.theme = next;
      try {
        localStorage.setItem("ldirector.theme", next);
      } catch {
        // Storage is forbidden: it holds until the page is left.
      }
      draw();
    });
    draw();
  }

  key(event) {
    const typing = event.target.matches("input:not([type=checkbox])");
    if (event.ctrlKey || event.metaKey || event.altKey || this.detail.node.open) return;
    if (event.key === "/" && !typing) {
      event.preventDefault();
      byId("filter").focus();
      byId("filter").select();
    } else if (event.key === "Escape" && event.target === byId("filter")) {
      this.filterBy("");
    } else if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
      move(event, typing);
    }
  }

  filterBy(text) {
    byId("filter").value = text;
    this.words = parseFilter(text);
    this.draw();
  }

  // What the feed tells.

  status(status) {
    if (this.current && this.current.version !== status.version && reloadOnce()) return;
    const begun = performance.now();
    this.current = status;
    this.seen = Date.now();
    this.now = daemonTime();
    this.link = { state: this.hearing ? "live" : "polling" };
    this.traces.add(this.now, status.virtual_servers.map((v) => [v.name, seen(v.rates, methodsOf(v))]));
    this.draw();
    this.tell();
    if (!this.opened) {
      this.opened = true;
      this.detail.follow();
    }
    performance.measure("update", { start: begun });
  }

  events(events, live) {
    this.log.add(events);
    this.eventTimer ??= setTimeout(() => this.drawEvents(), 50); // others come with it
    const last = live && events.findLast((e) => e.warning);
    if (last) setText(byId("said"), `Warning: ${subject(last)}: ${last.text}`);
  }

  gone(error, retry) {
    this.link = { state: "gone", retry, error: error.name === "TimeoutError" ? "It does not answer" : error instanceof TypeError ? "There is no connection" : error.message };
    this.tell();
  }

  live(yes) {
    this.hearing = yes;
    if (this.link.state === "live" || this.link.state === "polling") this.link.state = yes ? "live" : "polling";
    this.tell();
  }

  paused(yes) {
    if (yes && this.link.state !== "gone") this.link = { state: "paused" };
    this.tell();
  }

  unauthorized() {
    setText(byId("refused"), hasToken() ? "That is not the token." : "");
    setToken("");
    setShown(byId("main"), false);
    setShown(byId("banners"), false);
    setShown(byId("forget"), false);
    setShown(byId("unsafe"), location.protocol === "http:" && !["localhost", "127.0.0.1", "[::1]"].includes(location.hostname));
    setShown(byId("login"), true);
    this.link = { state: "locked" };
    this.tell();
    byId("token").focus();
  }

  // What is shown.

  /** Says whether what is shown is up to date. */
  tell() {
    const texts = {
      waiting: "Connecting",
      live: "Live",
      polling: "Live, events delayed",
      paused: "Paused",
      locked: "Locked",
      gone: this.seen ? "Not reachable, last seen " + clock(this.seen) : "Not reachable",
    };
    setAttribute(byId("link"), "data-state", this.link.state);
    setText(byId("link-text"), texts[this.link.state]);
    byId("main").classList.toggle("stale", this.link.state === "gone");
    this.drawBanners();
  }

  drawBanners() {
    const banners = this.current ? troubles(this.current) : [];
    if (this.link.state === "gone") {
      const since = this.seen ? `Last seen ${clock(this.seen)}, ${span(Math.max(1, Math.round((Date.now() - this.seen) / 1000)))} ago; what is below is from then. ` : "";
      const wait = Math.max(0, Math.round((this.link.retry - Date.now()) / 1000));
      banners.unshift({ level: "error", title: "The daemon cannot be reached", text: `${since}${this.link.error}; next attempt ${wait > 0 ? "in " + wait + " s" : "now"}.`, gone: true });
    }
    this.banners.update(banners, (b) => b.title);
    setShown(byId("banners"), this.link.state !== "locked");
  }

  draw() {
    const status = this.current;
    if (!status) return;
    const now = this.now;
    const sums = totals(status);
    const words = this.words;
    const context = { now, words, totals: sums, traces: this.traces, show: this.show };
    setShown(byId("main"), true);
    setShown(byId("forget"), hasToken());
    setText(byId("router"), status.router_id);
    setText(byId("version"), versionText(status));
    this.drawSummary(status, sums);
    const services = [];
    for (const v of status.virtual_servers) {
      const servers = filterService(v, words);
      if (servers) services.push({ v, servers });
    }
    this.services.update(services, (s) => s.v.name, context);
    const routers = status.vrrp_instances.filter((r) => filterRouter(r, words));
    setShown(byId("routers"), routers.length > 0);
    this.routers.update(routers, (r) => r.name, context);
    setShown(byId("no-services"), services.length === 0);
    setText(byId("no-services"), words.length > 0 ? "Nothing fits the filter. Escape clears it." : "The configuration has no virtual servers.");
    const found = services.reduce((n, s) => n + s.servers.length, 0);
    setText(byId("matches"), words.length > 0 ? `${count(found)} of ${plural(sums.servers, "real server")} in ${plural(services.length, "virtual server")}` : "");
    this.detail.update(status, now);
    if (words.join(" ") !== this.logWords) this.drawEvents();
    ensureTabStop();
  }

  drawEvents() {
    clearTimeout(this.eventTimer);
    this.eventTimer = undefined;
    this.logWords = this.words.join(" ");
    this.log.update(this.words, byId("warnings").checked);
  }

  drawSummary(status, sums) {
    const stats = [
      { name: "Virtual servers", value: count(sums.services), ...(sums.quorum === sums.services ? { note: sums.services > 0 ? "all with quorum" : "" } : { filters: [{ word: "no-quorum", text: `✕ ${count(sums.services - sums.quorum)} without quorum`, tone: "bad" }] }) },
      { name: "Real servers", value: count(sums.servers), filters: stateFilters(sums.byState) },
      { name: "Active connections", value: count(sums.active), note: sums.connections === null ? "" : perSecond(sums.connections) + " new" },
    ];
    if (sums.bytesIn !== null) stats.push({ name: "Traffic", value: bytesPerSecond(sums.bytesIn), note: sums.bytesOut > 0 || sums.answers ? bytesPerSecond(sums.bytesOut) + " out" : "", suffix: "in" });
    if (status.vrrp_instances.length > 0) {
      stats.push(routerStat(status.vrrp_instances));
    }
    this.stats.update(stats, (s) => s.name);
    const down = sums.byState.get("down") ?? 0;
    document.title = (down > 0 ? `✕ ${count(down)} down · ` : "") + (status.router_id || "ldirector");
  }
}

/** One number of the summary. */
class Stat {
  constructor(s, filterBy) {
    this.filterBy = filterBy;
    this.value = el("span", { class: "value" });
    this.suffix = el("span", { class: "suffix" });
    this.note = el("span", { class: "note" });
    this.node = el("div", { class: "stat" }, el("span", { class: "name" }, s.name), el("span", {}, this.value, this.suffix), this.note);
    this.buttons = new List(this.note, (f) => new FilterButton(f, filterBy));
  }

  update(s) {
    setText(this.value, s.value);
    setText(this.suffix, s.suffix ? " " + s.suffix : "");
    setAttribute(this.node, "data-tone", s.tone ?? "calm");
    this.buttons.update(s.filters ?? [], (f) => f.word);
    if (!s.filters) setText(this.note, s.note);
  }
}

/** A number of the summary, and the way to see only what it counts. */
class FilterButton {
  constructor({ word }, filterBy) {
    this.node = el("button", { type: "button", class: "state", title: "Show only these" });
    this.node.addEventListener("click", () => filterBy(word));
  }

  update({ text, tone }) {
    setText(this.node, text);
    setAttribute(this.node, "data-tone", tone);
  }
}

/** How many real servers are in which state. */
function stateFilters(byState) {
  return Object.keys(states).filter((word) => byState.has(word)).map((word) => {
    const { sign, tone } = states[word];
    return { word, tone, text: `${sign} ${count(byState.get(word))} ${word}` };
  });
}

/** Which program and configuration are at work. */
function versionText({ version, configuration }) {
  const parts = ["ldirector " + version];
  if (configuration.loaded) parts.push("configuration of " + clock(configuration.loaded));
  if (configuration.hash) parts.push(configuration.hash.slice(0, 12));
  return parts.join(" · ");
}

/** What all virtual routers are together. */
function routerStat(instances) {
  const by = (state) => instances.filter((r) => r.state === state).length;
  const [masters, faults] = [by("MASTER"), by("FAULT")];
  const stat = { name: "VRRP", note: plural(instances.length, "instance") };
  if (faults > 0) return { ...stat, value: "Fault", note: `✕ ${faults} of ${plural(instances.length, "instance")}`, tone: "bad" };
  if (masters === instances.length) return { ...stat, value: "Master" };
  if (by("BACKUP") === instances.length) return { ...stat, value: "Backup" };
  return { ...stat, value: "Mixed", note: `master of ${masters} of ${instances.length}` };
}

class Banner {
  constructor() {
    this.title = el("strong");
    this.text = el("span");
    this.sign = el("span", { class: "sign", "aria-hidden": "true" });
    this.node = el("p", { class: "banner" }, this.sign, el("span", {}, this.title, " ", this.text));
  }

  update(b) {
    setAttribute(this.node, "data-level", b.level);
    setAttribute(this.node, "role", b.gone ? null : "status");
    setText(this.sign, b.level === "error" ? "✕" : "⚠");
    setText(this.title, b.title + ".");
    setText(this.text, b.text);
  }
}

/** Moves the focus among virtual and real servers. */
function move(event, typing) {
  const stops = [...byId("services").querySelectorAll(".nav")].filter((n) => n.checkVisibility());
  if (stops.length === 0 || (typing && event.key !== "ArrowDown")) return;
  const at = stops.indexOf(document.activeElement);
  if (at < 0 && !typing && document.activeElement !== document.body) return;
  const to = { ArrowDown: Math.min(at + 1, stops.length - 1), ArrowUp: Math.max(at - 1, 0), Home: 0, End: stops.length - 1 }[event.key];
  event.preventDefault();
  for (const stop of byId("services").querySelectorAll('.open[tabindex="0"]')) stop.tabIndex = -1;
  stops[to].tabIndex = 0;
  stops[to].focus();
  stops[to].scrollIntoView({ block: "nearest" });
}

/** Real servers are one stop of the Tab key; arrows go on from there. */
function ensureTabStop() {
  if (byId("services").querySelector('.open[tabindex="0"]')) return;
  const first = byId("services").querySelector(".open");
  if (first) first.tabIndex = 0;
}

/**
 * Loads the page of another version of the daemon, but not again and again: two
 * daemons of different versions may be behind one address.
 */
function reloadOnce() {
  try {
    if (Date.now() - Number(sessionStorage.getItem("ldirector.loaded")) < 60_000) return false;
    sessionStorage.setItem("ldirector.loaded", Date.now());
  } catch {
    return false; // it could not be known that it was done
  }
  location.reload();
  return true;
}

new App();
