// What the status means. Nothing here touches the document.

/** A real server's states: a sign beside the word, for those who see no colours. */
export const states = {
  up: { sign: "●", tone: "good" },
  down: { sign: "✕", tone: "bad" },
  unknown: { sign: "?", tone: "dim" },
  drained: { sign: "◐", tone: "warn" },
  disabled: { sign: "⏻", tone: "warn" },
};

/** The sign and tone of a word for a state. */
export function stateOf(word) {
  return states[word] ?? { sign: "?", tone: "dim" };
}

/** How a virtual server is, in a word. */
export function serviceState(v) {
  if (v.error) return { word: "refused", sign: "✕", tone: "bad", text: "The kernel refuses a part of it" };
  if (v.suspended) return { word: "suspended", sign: "⏸", tone: "dim", text: "Its address is not on this host: no probes" };
  if (v.sorry_active) return { word: "sorry server", sign: "⚠", tone: "bad", text: "The sorry server stands in" };
  if (!v.quorum_up) return { word: "no quorum", sign: "✕", tone: "bad", text: "The live real servers have less weight than the quorum" };
  if (v.real_servers.some((r) => r.state !== "up")) return { word: "degraded", sign: "◒", tone: "warn", text: "Some real servers are not up" };
  return { word: "up", sign: "●", tone: "good", text: "All real servers are up" };
}

/** How a virtual router is. */
export function routerState(r) {
  const tones = { MASTER: ["▲", "good"], BACKUP: ["▽", "calm"], FAULT: ["✕", "bad"] };
  const [sign, tone] = tones[r.state] ?? ["?", "dim"];
  return { sign, tone };
}

/** What somebody should know of a real server, beside its state. */
export function notesOf(r) {
  const notes = [];
  if (r.override) notes.push({ sign: "✎", text: overrideText(r.override), tone: "warn" });
  if (r.reason) notes.push({ sign: "", text: r.reason, tone: r.state === "down" ? "bad" : "dim" });
  if (r.warning) notes.push({ sign: "⚠", text: r.warning, tone: "warn" });
  return notes;
}

/** Rates without what the kernel does not see: it sees answers with NAT alone. */
export function seen(rates, methods) {
  return rates && rates.bytes_out === 0 && !methods.includes("NAT") ? { ...rates, bytes_out: null } : rates;
}

/** The lb_kinds of a virtual server. */
export const methodsOf = (v) => [...new Set(v.real_servers.map((r) => r.method))];

/** What an operator has commanded. */
export function overrideText(o) {
  switch (o.command) {
    case "weight":
      return "weight set to " + o.weight + " by an operator";
    case "drain":
      return o.over ? "drained by an operator, out of the table" : "draining by an operator";
    default:
      return o.command + "d by an operator";
  }
}

/** How many real servers are in each state, and what passes through all. */
export function totals(status) {
  const all = { services: status.virtual_servers.length, quorum: 0, servers: 0, byState: new Map(), active: 0, connections: null, bytesIn: null, bytesOut: null, answers: false };
  for (const v of status.virtual_servers) {
    if (v.quorum_up) all.quorum++;
    if (v.rates) {
      all.connections += v.rates.connections;
      all.bytesIn += v.rates.bytes_in;
      all.bytesOut += v.rates.bytes_out;
      all.answers ||= methodsOf(v).includes("NAT");
    }
    for (const r of v.real_servers) {
      all.servers++;
      all.active += r.active;
      all.byState.set(r.state, (all.byState.get(r.state) ?? 0) + 1);
    }
  }
  return all;
}

const errors = {
  http_error: "The HTTP listener is not as configured",
  vrrp_error: "Nothing is known of the virtual routers",
};

/** What is wrong with the director itself: the worst first. */
export function troubles(status) {
  const all = [];
  const add = (level, title, text) => text && all.push({ level, title, text });
  add("error", "The kernel's table is not as configured", status.table.error);
  for (const [name, text] of Object.entries(status)) {
    if (typeof text === "string" && name.endsWith("_error")) add("error", errors[name] ?? name.replaceAll("_", " "), text);
  }
  add("warning", "Connections, rates and totals are not known", status.table.counters_error);
  add("error", "The last reload was refused, the configuration before it is at work", status.configuration.error);
  add("warning", "Timeouts, sysctls or firewall marks are not as configured", status.table.settings);
  add("warning", "The sync daemon does not run as configured", status.sync_daemon.error);
  add("warning", "Services might stay behind after a crash", status.table.ledger_error);
  add("warning", "Operators' commands might be forgotten at a restart", status.table.overrides_error);
  for (const s of status.sinks ?? []) {
    if (s.failing_since) {
      add("warning", `${[s.kind, s.name].filter(Boolean).join(" ")} does not hear of events`, `${s.error} (${s.waiting} wait, ${s.dropped} dropped)`);
    }
  }
  return all;
}

/** The words of a filter; all of them must fit. A state's name means that state. */
export function parseFilter(text) {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

const isState = (word) => Object.hasOwn(states, word);

function fits(words, hay, state) {
  return words.every((word) => (isState(word) ? state === word : hay.includes(word)));
}

/** The real servers of v that fit, or null if v does not fit either. */
export function filterService(v, words) {
  if (words.length === 0) return v.real_servers;
  const own = (v.name + " " + v.services.join(" ") + " " + v.scheduler + " " + serviceState(v).word + (v.quorum_up ? "" : " no-quorum")).toLowerCase();
  const servers = v.real_servers.filter((r) => {
    const notes = notesOf(r).map((n) => n.text).join(" ");
    return fits(words, (own + " " + r.address + " " + r.method + " " + notes).toLowerCase(), r.state);
  });
  return servers.length > 0 || fits(words, own, null) ? servers : null;
}

export function filterRouter(r, words) {
  return fits(words, (r.name + " " + r.state + " " + r.interface + " " + r.addresses.join(" ")).toLowerCase(), null);
}

export function filterEvent(e, words, onlyWarnings) {
  if (onlyWarnings && !e.warning) return false;
  if (words.length === 0) return true;
  const hay = [e.kind, e.virtual_server, e.real_server, e.instance, e.text, e.by].join(" ").toLowerCase();
  return words.every((word) => hay.includes(word));
}
