package page

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/ldirector/ldirector/internal/nettest"
)

var screenshots = flag.String("screenshots", "", "folder for pictures of the page")

// patience is how long something on the page may take on a busy machine.
const patience = 30 * time.Second

// A tab is one of a real Chromium. What goes wrong in the page fails the test.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	expected []trouble
}

// A trouble is something that a test brings about, in the words of the console.
type trouble string

const (
	refused     trouble = "401 (Unauthorized)"
	unreachable trouble = "net::ERR_"
)

// open opens a page in a browser of its own.
func open(t testing.TB, url string, width, height int64, expected ...trouble) *tab {
	t.Helper()
	nettest.Require(t, nettest.Chromium)
	ctx, cancel := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(
		chromedp.NoSandbox, // it does not run as root otherwise
		chromedp.ExecPath("chromium"),
	))
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts the browser, for as long as ctx is there
		t.Fatal(err)
	}
	b := &tab{t: t, ctx: ctx, expected: expected}
	b.do(chromedp.EmulateViewport(width, height))
	messages := chromedp.Console(ctx)
	var read sync.WaitGroup
	read.Go(func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.heard(m)
		}
	})
	t.Cleanup(func() {
		cancel()
		read.Wait()
	})
	b.do(chromedp.Navigate(url))
	return b
}

// heard takes what the page or the browser says in its console.
func (b *tab) heard(m chromedp.ConsoleMessage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	asked := slices.ContainsFunc(b.expected, func(e trouble) bool { return strings.Contains(m.Text, string(e)) })
	if m.Type != chromedp.ConsoleDebug && !asked {
		b.t.Errorf("console: %s (%s, %s:%d)", m, m.Source, m.URL, m.Line)
	}
}

// expect says what may go wrong from now on.
func (b *tab) expect(e trouble) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.expected = append(b.expected, e)
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

// eval returns the value of an expression in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// await waits until an expression is true.
func (b *tab) await(expression string) {
	b.t.Helper()
	nettest.Eventually(b.t, patience, expression, func() error {
		if !eval[bool](b, "!!("+expression+")") {
			return fmt.Errorf("it is not; the page says:\n%s", eval[string](b, `document.body?.innerText ?? ""`))
		}
		return nil
	})
}

// says waits until something visible that a selector finds has a text in it.
func (b *tab) says(selector, text string) {
	b.t.Helper()
	b.await(fmt.Sprintf("[...document.querySelectorAll(%s)].some((n) => n.checkVisibility() && n.textContent.includes(%s))", quote(selector), quote(text)))
}

// quote makes text a string of JavaScript.
func quote(text string) string {
	q, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(q)
}

// key presses keys, see package kb, as a keyboard does: what the page prevents
// is not typed.
func (b *tab) key(keys string) {
	b.t.Helper()
	for _, r := range keys {
		sequence := kb.Encode(r)
		down, up := sequence[0], sequence[len(sequence)-1]
		down.Text = sequence[len(sequence)-2].Text // of the event between, if there is one
		for _, event := range []*input.DispatchKeyEventParams{down, up} {
			if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, *event); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// likes makes the system's colours "dark" or "light".
func (b *tab) likes(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// fits fails if something is wider than the window, or than what it is in.
func (b *tab) fits() {
	b.t.Helper()
	wide := eval[string](b, `[...document.querySelectorAll("body *")].filter((n) => n.checkVisibility() && n.getBoundingClientRect().right > innerWidth + 1 &&
		getComputedStyle(n).position !== "absolute").map((n) => n.tagName + "." + n.className + " " + n.textContent.slice(0, 40)).join("\n")`)
	wide += eval[string](b, `[...document.querySelectorAll("section, aside, .card, .row, .row > *, .title > *, .measure > *, dd")].filter((n) => n.checkVisibility() &&
		n.getBoundingClientRect().right > n.parentElement.getBoundingClientRect().right + 1).map((n) => "in its parent: " + n.tagName + "." + n.className + " " + n.textContent.slice(0, 40)).join("\n")`)
	if over := eval[int](b, "document.scrollingElement.scrollWidth - innerWidth"); over > 0 || wide != "" {
		b.t.Errorf("%d pixels too wide:\n%s", over, wide)
	}
}

// shot takes a picture of what is in the window, if somebody wants to see it.
func (b *tab) shot(name string) {
	b.t.Helper()
	if *screenshots == "" {
		return
	}
	picture, err := chromedp.Call(b.ctx, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{})
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), picture.Data, 0o644); err != nil {
		b.t.Fatal(err)
	}
}
