// Numbers and times as people read them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const oneDigit = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clockTime = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dayAndTime = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
const fullTime = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" });

/** What stands for a number that is not known. */
export const none = "–";

/** A number of things: 999, 12,345, 1.2 M. */
export function count(n) {
  if (n === null || n === undefined) return none;
  return n < 1e6 ? whole.format(n) : scaled(n, 1000, ["", " k", " M", " G", " T"]);
}

/** So many in a second. */
export function perSecond(n) {
  if (n === null || n === undefined) return none;
  return (n > 0 && n < 10 ? tenths.format(n) : count(n)) + "/s";
}

/** So many bytes. */
export function bytes(n) {
  if (n === null || n === undefined) return none;
  return scaled(n, 1000, [" B", " kB", " MB", " GB", " TB", " PB"]);
}

/** So many bytes in a second. */
export function bytesPerSecond(n) {
  return n === null || n === undefined ? none : bytes(n) + "/s";
}

function scaled(n, step, units) {
  let unit = 0;
  for (; n >= step * 0.9995 && unit < units.length - 1; unit++) n /= step;
  return (n < 9.95 && unit > 0 ? oneDigit.format(n) : whole.format(n)) + units[unit];
}

/** A time span in seconds, in its largest unit or two: 0.8 ms, 12 s, 3 h 20 min. */
export function span(seconds) {
  if (seconds < 0.0995) return tenths.format(seconds * 1000) + " ms";
  if (seconds < 0.9995) return whole.format(seconds * 1000) + " ms";
  if (seconds < 9.95) return tenths.format(seconds) + " s";
  const s = Math.round(seconds);
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 36000) return two(s, 3600, "h", 60, "min");
  if (s < 86400) return Math.floor(s / 3600) + " h";
  if (s < 864000) return two(s, 86400, "d", 3600, "h");
  return whole.format(Math.floor(s / 86400)) + " d";
}

function two(s, large, largeName, small, smallName) {
  const rest = Math.floor((s % large) / small);
  return Math.floor(s / large) + " " + largeName + (rest ? " " + rest + " " + smallName : "");
}

/** How long ago a time is, in whole seconds; "" for null. */
export function age(time, now) {
  if (!time) return "";
  return span(Math.max(1, Math.floor((now - Date.parse(time)) / 1000)));
}

/** A time of today as a clock shows it, one of another day with that. */
export function clock(time) {
  const t = new Date(time);
  return t.toDateString() === new Date().toDateString() ? clockTime.format(t) : dayAndTime.format(t);
}

/** A time in full. */
export function moment(time) {
  return fullTime.format(new Date(time));
}

/** "1 probe", "2 probes". */
export function plural(n, one, many = one + "s") {
  return whole.format(n) + " " + (n === 1 ? one : many);
}
