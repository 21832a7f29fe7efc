package page

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/ldirector/ldirector/internal/api"
)

// newExample is a daemon with someServices, and some history.
func newExample() *fake {
	now := time.Now()
	d := newFake(someServices(now))
	d.probes = someProbes(now)
	for i, e := range []api.Event{
		{Kind: "started", Text: "ldirector v1.0.0 starts"},
		{Kind: "vrrp_state", Instance: "VI_1", Text: "BACKUP -> MASTER"},
		{Kind: "command", VirtualServer: "web", RealServer: "10.0.1.33:443", Text: "weight 5", By: "uid 1000, pid 4711"},
		{Kind: "real_server_down", Warning: true, VirtualServer: "web", RealServer: "10.0.1.34:443", Text: "down: http_get: HTTP status 503 in place of 200-299"},
		{Kind: "command", VirtualServer: "mail", RealServer: "10.0.3.21:25", Text: "drain", By: "uid 0, pid 4712"},
		{Kind: "real_server_down", Warning: true, VirtualServer: "mail", RealServer: "10.0.3.22:25", Text: "down: smtp_check: connection refused"},
		{Kind: "quorum_lost", Warning: true, VirtualServer: "mail", Text: "the sorry server is in"},
	} {
		e.Time = now.Add(time.Duration(i-7) * 53 * time.Second)
		d.events.Add(e)
	}
	return d
}

func TestPageShowsTheState(t *testing.T) {
	t.Parallel()
	d := newExample()
	b := open(t, serve(t, d, "").url(), 1440, 900)
	for selector, texts := range map[string][]string{
		"#router":       {"LVS_DEVEL"},
		"#version":      {"ldirector v1.0.0 · configuration of ", "· 5f3d0c9be1a7"},
		"#link":         {"Live"},
		"#summary":      {"✕ 1 without quorum", "● 6 up", "✕ 2 down", "◐ 1 drained", "Mixed"},
		"#banners":      {"net.ipv4.vs.conntrack: permission denied"},
		"#service-list": {"web", "TCP [2001:db8::100]:443", "wlc · NAT · live weight 35, quorum 1", "sorry server", "smtp_check: connection refused", "weight set to 5 by an operator", "the certificate expires in 12 days", "5 of 10", "1,037", "61/s", "4.9 MB/s", "1 d 2 h"},
		"#router-list":  {"▲MASTER", "priority 100", "192.0.2.53", "master 198.51.100.3", "⚠ 198.51.100.4 is not heard: bad_auth", "released"},
		"#event-list":   {"VI_1 BACKUP -> MASTER", "command drain by uid 0, pid 4712", "HTTP status 503"},
	} {
		for _, text := range texts {
			b.says(selector, text)
		}
	}
	if got := eval[string](b, "document.title"); got != "✕ 2 down · LVS_DEVEL" {
		t.Errorf("title %q", got)
	}
	// The charts get lines as time goes by.
	for turn := range uint64(3) {
		before := eval[string](b, `document.querySelector(".chart .line").getAttribute("d") ?? ""`)
		d.change(func(st *api.Status) {
			r := *st.VirtualServers[0].Rates
			r.Connections += 40 * (turn%2*2 + 1)
			r.BytesIn += 300_000 * (turn + 1)
			st.VirtualServers[0].Rates = &r
		})
		b.await(`document.querySelector(".chart .line").getAttribute("d") !== ` + quote(before))
	}
	b.await(`/^M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+$/.test(document.querySelector(".chart .line").getAttribute("d"))`)
	b.fits()
	b.likes("light")
	b.shot("light")
	b.likes("dark")
	b.shot("dark")
}

// How long something has been so is counted by the daemon's clock.
func TestClocksMayDiffer(t *testing.T) {
	t.Parallel()
	for _, ahead := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
		d := newFake(someServices(time.Now().Add(ahead)))
		d.ahead = ahead
		b := open(t, serve(t, d, "").url(), 1280, 800)
		b.says(".row[data-state=up] .since", "1 d 2 h")
		b.says(".row[data-state=down] .since", "4 min")
	}
}

// The page follows the system's colours, until somebody chooses.
func TestColours(t *testing.T) {
	t.Parallel()
	b := open(t, serve(t, newExample(), "").url(), 1280, 800)
	b.says("#service-list", "10.0.1.31:443")
	dark := func(want bool) {
		t.Helper()
		b.await(fmt.Sprintf(`(getComputedStyle(document.body).backgroundColor === "rgb(15, 18, 22)") === %t`, want))
	}
	b.likes("light")
	dark(false)
	b.likes("dark")
	dark(true)
	eval[any](b, `document.getElementById("theme").click()`)
	dark(false)
	b.says("#theme", "Light")
	b.do(chromedp.Reload())
	b.says("#service-list", "10.0.1.31:443")
	dark(false)
	b.likes("light")
	eval[any](b, `document.getElementById("theme").click()`)
	b.says("#theme", "Dark")
	dark(true)
	eval[any](b, `document.getElementById("theme").click()`)
	dark(false)
	for _, scheme := range []string{"light", "dark"} {
		b.likes(scheme)
		for selector, ratio := range eval[map[string]float64](b, contrasts) {
			if ratio < 4.5 {
				t.Errorf("%s: contrast %.2f of %s", scheme, ratio, selector)
			}
		}
	}
}

// contrasts are those of texts to what is behind them (WCAG 2.1, 1.4.3).
const contrasts = `(() => {
	const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
	const rgb = (colours) => {
		canvas.clearRect(0, 0, 1, 1);
		for (const c of colours) { canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); }
		return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
	};
	const luminance = (c) => c.map((v) => v / 255).map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [0.2126, 0.7152, 0.0722][i], 0);
	const all = {};
	for (const n of document.querySelectorAll("body *")) {
		if (!n.checkVisibility() || ![...n.childNodes].some((c) => c.nodeType === 3 && c.data.trim())) continue;
		const behind = [];
		for (let p = n; p; p = p.parentElement) behind.unshift(getComputedStyle(p).backgroundColor);
		const [a, b] = [luminance(rgb([...behind, getComputedStyle(n).color])), luminance(rgb(behind))].sort((x, y) => y - x);
		const name = n.tagName + "." + n.className + " " + (n.closest("[data-tone]")?.dataset.tone ?? "");
		all[name] = Math.min(all[name] ?? 99, (a + 0.05) / (b + 0.05));
	}
	return all;
})()`

// Nothing is wider than the window, whatever that is.
func TestPhone(t *testing.T) {
	t.Parallel()
	d := newExample()
	d.change(func(st *api.Status) {
		st.VirtualServers[1].Name = "a-service-with-a-name-that-is-much-longer-than-the-window-of-any-phone.example.com"
		st.VirtualServers[0].RealServers[1].Address = "[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:65535"
		st.VirtualServers[0].RealServers[3].Reason = "http_get: the_answer_is_one_word_that_goes_on_and_on_and_on_and_on_and_on_and_on"
	})
	b := open(t, serve(t, d, "").url(), 390, 844)
	b.says("#service-list", "10.0.1.31:443")
	b.fits()
	b.shot("phone")
	eval[any](b, "scrollTo(0, 700)")
	b.shot("phone-below")
	eval[any](b, "scrollTo(0, document.body.scrollHeight)")
	b.fits()
	b.shot("phone-end")
	eval[any](b, `location.hash = "/web/10.0.1.34:443"`)
	b.says("#detail .reading", "60 probes")
	b.fits()
	b.shot("phone-detail")
	eval[any](b, `location.hash = ""`)
	for _, width := range []int64{320, 600, 800, 920, 921, 1100, 1101, 1319, 1320, 1920, 3840} {
		b.do(chromedp.EmulateViewport(width, 900))
		b.await(fmt.Sprintf("innerWidth === %d", width))
		b.fits()
	}
}

// Whatever others call themselves, it is text.
func TestHostileTextsStayText(t *testing.T) {
	t.Parallel()
	const evil = `<img src=x onerror="window.taken=1"><script>window.taken=1</script>`
	const name = `../a/b?c#d%41&"';` + evil
	now := time.Now()
	d := newFake(someServices(now))
	d.change(func(st *api.Status) {
		st.RouterID, st.Version, st.Table.Error, st.Configuration.Error = evil, evil, evil, evil
		v := &st.VirtualServers[0]
		v.Name, v.Scheduler, v.Services, v.Error = name, evil, []string{evil}, evil
		r := &v.RealServers[0]
		r.Address, r.Reason, r.Warning, r.State, r.Method = evil, evil, evil, evil, evil
		i := &st.VRRPInstances[0]
		i.Name, i.State, i.Interface, i.Faults = evil, evil, evil, []string{evil}
	})
	d.probes = []api.Probe{{Kind: evil, State: evil, Reason: evil, Warning: evil, History: []api.ProbeResult{{Time: now, Result: evil, Reason: evil}}}}
	d.events.Add(api.Event{Kind: evil, VirtualServer: name, RealServer: evil, Instance: evil, Text: evil, By: evil})
	b := open(t, serve(t, d, "").url(), 1280, 800)
	for _, selector := range []string{"#router", "#version", "#banners", ".service .name", ".service .facts", ".service .addresses", ".row .notes", "#router-list", "#event-list .what"} {
		b.says(selector, evil)
	}
	eval[any](b, `document.querySelector(".row .open").click()`)
	b.says("#detail-title", evil)
	b.says("#detail .where", name)
	b.says(".probe h3", evil)
	b.says(".probe .why", evil)
	if eval[bool](b, `"taken" in window || document.querySelectorAll("img, body script").length > 0`) {
		t.Error("a name has become markup")
	}
	if got := d.askedOf(); !slices.Equal(got, []string{name, evil}) {
		t.Errorf("asked for the probes of %q", got)
	}
	b.shot("hostile")
}

func TestPageFollowsEvents(t *testing.T) {
	t.Parallel()
	d := newExample()
	b := open(t, serve(t, d, "").url(), 1280, 800)
	b.says("#event-list", "ldirector v1.0.0 starts")
	b.says("#link", "Live")
	d.change(func(st *api.Status) {
		r := &st.VirtualServers[1].RealServers[0]
		r.State, r.Weight, r.Reason = "down", 0, "dns_check: SERVFAIL"
	})
	d.events.Add(api.Event{Kind: "real_server_down", Warning: true, VirtualServer: "dns", RealServer: "10.0.2.11:53", Text: "down: dns_check: SERVFAIL"})
	b.says("#event-list li:first-child", "down: dns_check: SERVFAIL")
	b.says("#said", "Warning: dns 10.0.2.11:53: down: dns_check: SERVFAIL")
	b.says(".row[data-state=down] .notes", "dns_check: SERVFAIL")
	b.says("#summary", "✕ 3 down")
	eval[any](b, `document.getElementById("warnings").click()`)
	b.await(`!document.getElementById("event-list").textContent.includes("starts")`)
	// What an event is about opens with it.
	eval[any](b, `document.querySelector("#event-list button.about").click()`)
	b.says("#detail-title", "10.0.2.11:53")
	// Nobody looks, nobody asks.
	eval[any](b, `Object.defineProperty(document, "hidden", { value: true, configurable: true }), document.dispatchEvent(new Event("visibilitychange"))`)
	b.says("#link", "Paused")
	d.events.Add(api.Event{Kind: "command", Text: "something meanwhile", Warning: true})
	eval[any](b, `delete document.hidden, document.dispatchEvent(new Event("visibilitychange"))`)
	b.says("#link", "Live")
	b.says("#event-list li:first-child", "something meanwhile")
}

// Everything can be done without a mouse.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	b := open(t, serve(t, newExample(), "").url(), 1280, 800)
	b.says("#service-list", "10.0.1.31:443")
	has := func(want string) {
		t.Helper()
		b.await("document.activeElement.id === " + quote(want) + " || document.activeElement.textContent === " + quote(want))
		if !eval[bool](b, `document.activeElement.matches(":focus-visible") && getComputedStyle(document.activeElement).outlineStyle !== "none"`) {
			t.Errorf("nobody sees that %s has the focus", want)
		}
	}
	b.key("/")
	has("filter")
	b.key("down")
	b.says("#matches", "2 of 9 real servers in 2 virtual servers")
	b.await(`document.querySelectorAll(".row:not(.head)").length === 2`)
	b.key(kb.Escape)
	b.await(`document.querySelectorAll(".row:not(.head)").length === 9`)
	b.key("nothing like that")
	b.says("#no-services", "Nothing fits")
	b.key(kb.Escape)
	b.await(`document.querySelectorAll(".row:not(.head)").length === 9`)
	b.key(kb.ArrowDown)
	has("web")
	b.key(kb.Enter)
	b.await(`document.querySelector(".toggle").getAttribute("aria-expanded") === "false"`)
	b.says(".more", "Show 2 more real servers")
	b.key(kb.Enter)
	b.await(`document.querySelector(".toggle").getAttribute("aria-expanded") === "true"`)
	for _, name := range []string{"10.0.1.31:443", "10.0.1.32:443", "10.0.1.33:443", "10.0.1.34:443"} {
		b.key(kb.ArrowDown)
		has(name)
	}
	b.key(kb.Enter)
	b.await(`document.getElementById("detail").open`)
	b.says("#detail-title", "10.0.1.34:443")
	b.says("#detail .reading", "60 probes: 12 failed")
	eval[any](b, `document.querySelector(".plot").focus()`)
	b.key(kb.ArrowLeft)
	b.says(".reading", "failed after 4 ms: HTTP status 503 in place of 200-299")
	b.key(kb.Home)
	b.says(".reading", "passed after")
	b.likes("dark")
	b.shot("detail-dark")
	b.likes("light")
	b.shot("detail-light")
	b.key(kb.Escape)
	b.await(`!document.getElementById("detail").open && location.hash === ""`)
	has("10.0.1.34:443")
	b.key(kb.Home)
	has("web")
	b.key(kb.End)
	has("10.0.3.22:25")
	b.key(kb.Tab)
	b.await(`document.activeElement !== document.body && !document.activeElement.classList.contains("nav")`)
}

// A browser without the token asks for it, and sends it with every request.
func TestToken(t *testing.T) {
	t.Parallel()
	b := open(t, serve(t, newExample(), "a secret of sixteen").url(), 1280, 800, refused)
	b.says("#login", "A token is needed")
	b.says("#link", "Locked")
	b.shot("token")
	b.await(`document.activeElement.id === "token"`)
	b.key("not the secret at all")
	b.key(kb.Enter)
	b.says("#refused", "That is not the token.")
	if eval[bool](b, `!document.getElementById("main").hidden || document.body.textContent.includes("10.0.1.31")`) {
		t.Error("there is something to see without the token")
	}
	b.key("a secret of sixteen")
	b.key(kb.Enter)
	b.says("#service-list", "10.0.1.31:443")
	b.says("#event-list", "VI_1 BACKUP -> MASTER")
	b.says("#link", "Live")
	b.do(chromedp.Reload())
	b.says("#service-list", "10.0.1.31:443")
	if eval[bool](b, `Object.values(localStorage).some((v) => v.includes("secret")) || document.cookie !== "" || location.href.includes("secret")`) {
		t.Error("the token is kept where it outlives the tab")
	}
	eval[any](b, `document.getElementById("forget").click()`)
	b.says("#login", "A token is needed")
}

// The page says when the daemon is gone, and goes on when it is back.
func TestDaemonGoneAndBack(t *testing.T) {
	t.Parallel()
	d := newExample()
	s := serve(t, d, "")
	b := open(t, s.url(), 1280, 800)
	b.says("#service-list", "10.0.1.31:443")
	b.says("#link", "Live")
	b.expect(unreachable)
	s.stop()
	b.says("#link", "Not reachable, last seen")
	b.says("#banners", "The daemon cannot be reached. Last seen")
	b.says("#service-list", "10.0.1.31:443")
	b.shot("gone")
	d.events.Add(api.Event{Kind: "command", Text: "something meanwhile"})
	s.start(t)
	b.says("#link", "Live")
	b.await(`!document.getElementById("banners").textContent.includes("reached")`)
	b.says("#event-list li:first-child", "something meanwhile")
	if n := eval[int](b, `[...document.querySelectorAll("#event-list li")].filter((n) => n.textContent.includes("ldirector v1.0.0 starts")).length`); n != 1 {
		t.Errorf("an old event is shown %d times", n)
	}
	// Another version brings its own page.
	eval[any](b, "window.old = true")
	s.stop()
	d.change(func(st *api.Status) { st.Version = "v1.1.0" })
	s.start(t)
	b.await("!window.old")
	b.says("#version", "v1.1.0")
	eval[any](b, "window.old = true")
	d.change(func(st *api.Status) { st.RouterID = "the same page" })
	b.says("#router", "the same page")
	if !eval[bool](b, "window.old") {
		t.Error("the page was loaded once more")
	}
}
