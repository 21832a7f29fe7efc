package page

import (
	"fmt"
	"testing"
	"time"

	"github.com/ldirector/ldirector/internal/api"
)

// Thousands of real servers are as quick to use as a few: only what is near the
// window is made.
func TestManyRealServers(t *testing.T) {
	for _, n := range []int{1000, 5000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			d := newFake(manyServers(n, time.Now()))
			b := open(t, serve(t, d, "").url(), 1440, 900)
			b.says("#service-list", "farm0")
			b.says("#summary", "down")
			b.says(".more", "Show 989 more real servers")
			eval[any](b, `window.tasks = [], new PerformanceObserver((l) => tasks.push(...l.getEntries().map((e) => e.duration))).observe({ type: "longtask" })`)
			eval[any](b, `setTimeout(() => { for (const begun = performance.now(); performance.now() < begun + 100;); })`)
			b.await("tasks.splice(0).length > 0") // they are seen
			eval[any](b, `document.querySelector(".toggle").click()`)
			b.says(".row .open", "10.0.0.5:80")
			b.shot(fmt.Sprint("many-", n))
			if rows := eval[int](b, `document.querySelectorAll(".row").length`); rows > 400 {
				t.Errorf("%d rows of %d were made at once", rows, n)
			}
			opened := eval[[]float64](b, "tasks.splice(0)")
			for turn := range uint64(5) {
				d.change(func(st *api.Status) { busy(st, turn) })
				d.events.Add(api.Event{Kind: "turn", Text: fmt.Sprintf("turn %d", turn)})
				b.says("#event-list", fmt.Sprintf("turn %d", turn))
				first := d.Status(t.Context()).VirtualServers[0].RealServers[1]
				b.await(fmt.Sprintf(`[...document.querySelectorAll(".service")][0].querySelector(".row:nth-child(2) .active").textContent === "%d"`, first.Active))
			}
			t.Logf("long tasks while it was opened: %.0f ms, in five updates: %.0f ms", opened, eval[[]float64](b, "tasks.splice(0)"))
			t.Logf("an update takes %.1f ms", eval[[]float64](b, "performance.getEntriesByName('update').map((e) => e.duration)"))
			eval[any](b, `document.querySelector(".service").scrollIntoView({ block: "end" })`)
			b.says(".row .open", "10.0.3.231:80")
			b.fits()
			eval[any](b, `(() => { const f = document.getElementById("filter"); f.value = "10.0.3.22 up"; f.dispatchEvent(new Event("input")); })()`)
			b.says("#matches", "real servers in 1 virtual server")
			b.says(".row .open", "10.0.3.22:80")
			eval[any](b, `(() => { const f = document.getElementById("filter"); f.value = "down"; f.dispatchEvent(new Event("input")); })()`)
			b.says("#matches", fmt.Sprintf("%d of", (n+96)/97))
			t.Logf("long tasks while it was filtered: %.0f ms", eval[[]float64](b, "tasks.splice(0)"))
		})
	}
}
