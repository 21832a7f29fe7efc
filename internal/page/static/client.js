// Asks the daemon. A token, where one is needed, goes with each request as a
// bearer token; an EventSource could not send it, so events come by fetch.

const tokenKey = "ldirector.token";
const answerTimeout = 10_000;
const silenceTimeout = 40_000; // the daemon gives a sign of life every 15 seconds

/** The daemon wants another token, or one at all. */
export class Unauthorized extends Error {}

let token = "";
try {
  token = sessionStorage.getItem(tokenKey) ?? "";
} catch {
  // Storage is forbidden: it is asked for again after a reload of the page.
}

export const hasToken = () => token !== "";

/** Uses another token from now on; "" for none. */
export function setToken(text) {
  token = text;
  try {
    if (text) sessionStorage.setItem(tokenKey, text);
    else sessionStorage.removeItem(tokenKey);
  } catch {
    // As above.
  }
}

let ahead = 0; // milliseconds, of the daemon's clock

/** The time by the daemon's clock, which may not be that of this computer. */
export const daemonTime = () => Date.now() + ahead;

/** Takes the time of an answer, which is in whole seconds. */
function setClock(answered) {
  const now = Date.parse(answered) - Date.now();
  if (Math.abs(now - ahead) > 2000) ahead = now;
}

function request(path, signal) {
  // Without credentials the browser does not ask for a password by itself.
  const headers = token ? { Authorization: "Bearer " + token } : {};
  return fetch("api/v1/" + path, { headers, signal, credentials: "omit", cache: "no-store", redirect: "error" });
}

async function failure(response) {
  if (response.status === 401) return new Unauthorized();
  const said = await response.text().catch(() => "");
  let reason = "HTTP status " + response.status;
  try {
    reason = JSON.parse(said).error || reason;
  } catch {
    // Not one of the daemon's own answers.
  }
  return new Error(reason);
}

/** Reads a resource. */
export async function get(path) {
  const response = await request(path, AbortSignal.timeout(answerTimeout));
  if (!response.ok) throw await failure(response);
  setClock(response.headers.get("Date"));
  return response.json();
}

/** The path of a real server. */
export function realServerPath(virtual, real) {
  return "virtual_servers/" + encodeURIComponent(virtual) + "/real_servers/" + encodeURIComponent(real);
}

/**
 * Calls take for each event after the one with number after, and opened when the
 * daemon has answered, until signal is aborted or the daemon is silent or gone:
 * it always throws.
 */
export async function follow(after, signal, opened, take) {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), answerTimeout);
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(), silenceTimeout);
  };
  try {
    const response = await request("events/stream?after=" + after, AbortSignal.any([signal, silence.signal]));
    if (!response.ok) throw await failure(response);
    heard();
    opened();
    const lines = new Lines();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("the stream has ended");
      heard();
      for (const line of lines.of(value)) {
        if (line.startsWith("data: ")) take(JSON.parse(line.slice(6)));
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Cuts text that comes in pieces into its lines. */
class Lines {
  rest = "";

  of(piece) {
    const lines = (this.rest + piece).split("\n");
    this.rest = lines.pop();
    return lines;
  }
}
