package healthcheck

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

// BenchmarkApply takes over 10,000 checks at the start, and the same again at a
// reload.
func BenchmarkApply(b *testing.B) {
	checks := make([]Check, 10_000)
	for i := range checks {
		checks[i] = Spec{
			Prober: TCP{},
			Target: Target{Addr: netip.AddrPortFrom(netip.AddrFrom4([4]byte{172, 16, byte(i >> 8), byte(i)}), 80)},
			Timing: Timing{Interval: time.Minute, Timeout: time.Second, Warmup: time.Minute},
		}.Check()
	}
	engine := func() *Engine {
		return NewEngine(Config{}, func(Update) {}, slog.New(slog.DiscardHandler))
	}
	b.Run("start", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			engine().apply(checks)
		}
	})
	b.Run("reload", func(b *testing.B) {
		e := engine()
		e.apply(checks)
		b.ReportAllocs()
		for b.Loop() {
			e.apply(checks)
		}
	})
}
