package tuning

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/nettest"
)

func TestKernelSettingsAreSetAndRestored(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nettest.IPVS)
	ns := nettest.New(t, "director")
	record := filepath.Join(t.TempDir(), "tuning.json")
	err := ns.Do(func() error {
		client, err := ipvs.NewClient()
		if err != nil {
			return err
		}
		defer func() { _ = client.Close() }()
		// The directory shows the namespace of the thread.
		tuner := New(Config{SysctlDir: SysctlDir, Record: record}, client, slog.New(slog.DiscardHandler))
		all := Settings{
			Timeouts: ipvs.Timeouts{TCP: time.Hour, TCPFin: time.Second, UDP: time.Minute},
			Sysctl:   map[string]int64{"expire_nodest_conn": 1, "drop_entry": 1, "sync_refresh_period": 10},
		}
		before, err := tuner.Diff(t.Context(), all)
		if err != nil {
			return err
		}
		if len(before) != 6 {
			t.Errorf("differences %v, want six", before)
		}
		if err := tuner.Apply(t.Context(), all); err != nil {
			return err
		}
		if left, err := tuner.Diff(t.Context(), all); len(left) > 0 || err != nil {
			t.Errorf("not set: %v, %v", left, err)
		}
		refused := Settings{Sysctl: map[string]int64{"sync_ports": 3}} // no power of two
		if err := tuner.Apply(t.Context(), refused); err == nil {
			t.Error("sync_ports = 3 was taken")
		} else {
			t.Log(err)
		}
		if err := tuner.Restore(t.Context()); err != nil {
			return err
		}
		after, err := tuner.Diff(t.Context(), all)
		if err != nil {
			return err
		}
		for i, d := range after {
			if d != before[i] {
				t.Errorf("restored %+v, want %+v", d, before[i])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
