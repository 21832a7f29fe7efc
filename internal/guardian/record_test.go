package guardian

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"
)

// logged returns what a text handler makes of some records.
func logged(log func(*slog.Logger), wrap func(slog.Handler) slog.Handler) string {
	var out bytes.Buffer
	text := slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	log(slog.New(wrap(text)))
	return out.String()
}

func TestRelayedRecordsReadAsBefore(t *testing.T) {
	work := func(log *slog.Logger) {
		log.Debug("not seen")
		log = log.With("instance", "VI_1", "priority", uint8(200))
		log.Info("everything",
			"text", "a b", "int", -1, "uint", uint64(1<<63), "float", 0.1, "bool", true,
			"duration", 1500*time.Millisecond, "time", time.Date(2026, 11, 28, 1, 2, 3, 4, time.UTC),
			"error", errors.New("no \"way\""), "addr", netip.MustParseAddr("192.0.2.1"),
			"addrs", []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::1")}, "nil", nil)
		log.WithGroup("g").With("a", 1).Warn("groups", "b", 2, slog.Group("h", "c", 3), slog.Group("", "d", 4))
	}
	want := logged(work, func(h slog.Handler) slog.Handler { return h })
	got := logged(work, func(h slog.Handler) slog.Handler {
		return relay{emit: func(r record) {
			text, err := json.Marshal(r)
			if err != nil {
				t.Error(err)
			}
			var out record
			if err := json.Unmarshal(text, &out); err != nil {
				t.Error(err)
			}
			if err := out.handle(h); err != nil {
				t.Error(err)
			}
		}}
	})
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// The driver uses some slices again.
func TestRelayKeepsValuesOfTheirTime(t *testing.T) {
	var got record
	addrs := []netip.Addr{netip.MustParseAddr("192.0.2.1")}
	slog.New(relay{emit: func(r record) { got = r }}).Info("it", "addrs", addrs)
	addrs[0] = netip.MustParseAddr("192.0.2.2")
	if got.Attrs[0].Value != "[192.0.2.1]" {
		t.Errorf("got %v", got.Attrs)
	}
}
