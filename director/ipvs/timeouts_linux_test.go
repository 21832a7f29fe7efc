package ipvs

import (
	"context"
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

func TestTimeouts(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	k.family++ // the module is loaded again
	for _, set := range []Timeouts{
		{15 * time.Minute, 2 * time.Minute, 5 * time.Minute}, {TCP: time.Hour}, {}, {TCPFin: 500 * time.Millisecond}, {UDP: time.Second},
	} {
		if err := c.SetTimeouts(t.Context(), set); err != nil {
			t.Errorf("set %+v: %v", set, err)
		}
	}
	want := Timeouts{TCP: time.Hour, TCPFin: time.Second, UDP: time.Second}
	if got, err := c.Timeouts(t.Context()); got != want || err != nil {
		t.Errorf("timeouts %+v, error %v; want %+v", got, err, want)
	}
	err := c.SetTimeouts(t.Context(), Timeouts{TCP: 10000 * time.Hour})
	wantText := "set the IPVS timeouts: one of tcp 10000h0m0s, tcpfin 0s and udp 0s is too long for the kernel (EINVAL)"
	if !errors.Is(err, unix.EINVAL) || err.Error() != wantText {
		t.Errorf("error %v, want %s", err, wantText)
	}
}

func TestSyncDaemons(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	master := SyncDaemon{Role: SyncMaster, Interface: "eth0", ID: 7}
	backup := SyncDaemon{Role: SyncBackup, Interface: "eth0", ID: 255, MaxLen: 100, Port: 9000, TTL: 3, Group: netip.MustParseAddr("ff05::1")}
	for _, d := range []SyncDaemon{backup, master} {
		if err := c.StartSyncDaemon(t.Context(), d); err != nil {
			t.Errorf("start %s: %v", d, err)
		}
	}
	want := []SyncDaemon{master.Canonical(), backup.Canonical()}
	got, err := c.SyncDaemons(t.Context())
	if diff := cmp.Diff(want, got, equateAddrs()); diff != "" || err != nil {
		t.Errorf("sync daemons, error %v (-want +got):\n%s", err, diff)
	}
	err = c.StartSyncDaemon(t.Context(), master)
	wantText := "start sync daemon master on eth0 with ID 7: a master runs already (EEXIST)"
	if !errors.Is(err, fs.ErrExist) || err.Error() != wantText {
		t.Errorf("error %v, want %s", err, wantText)
	}
	for range 2 {
		if err := c.StopSyncDaemon(t.Context(), SyncMaster); err != nil {
			t.Errorf("stop: %v", err)
		}
	}
	if got, err := c.SyncDaemons(t.Context()); len(got) != 1 || err != nil {
		t.Errorf("sync daemons %v, error %v; want one", got, err)
	}
}

func TestSyncDaemonCanonical(t *testing.T) {
	group6 := netip.MustParseAddr("ff02::1")
	for _, tt := range []struct {
		name      string
		got, want SyncDaemon
	}{
		{
			"defaults", SyncDaemon{Role: SyncMaster, Interface: "eth0"},
			SyncDaemon{Role: SyncMaster, Interface: "eth0", Port: 8848, TTL: 1, Group: netip.MustParseAddr("224.0.0.81")},
		},
		{
			"short messages", SyncDaemon{Role: SyncBackup, MaxLen: 500, Port: 1, TTL: 2, Group: group6},
			SyncDaemon{Role: SyncBackup, MaxLen: 1024, Port: 1, TTL: 2, Group: group6},
		},
		{
			"long messages", SyncDaemon{Role: SyncMaster, MaxLen: 65535, Port: 1, TTL: 2, Group: group6.WithZone("eth0")},
			SyncDaemon{Role: SyncMaster, MaxLen: 65535 - 48, Port: 1, TTL: 2, Group: group6},
		},
	} {
		if got := tt.got.Canonical(); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
		if got := tt.want.Canonical(); got != tt.want {
			t.Errorf("%s: canonical form of %+v is %+v", tt.name, tt.want, got)
		}
	}
}

func TestSettingsFailures(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	k := newFakeKernel(t)
	c := k.client()
	for name, call := range map[string]func(context.Context) error{
		"read the IPVS timeouts: ":  func(ctx context.Context) error { _, err := c.Timeouts(ctx); return err },
		"set the IPVS timeouts: ":   func(ctx context.Context) error { return c.SetTimeouts(ctx, Timeouts{TCP: 1}) },
		"list sync daemons: ":       func(ctx context.Context) error { _, err := c.SyncDaemons(ctx); return err },
		"start sync daemon master ": func(ctx context.Context) error { return c.StartSyncDaemon(ctx, SyncDaemon{Role: SyncMaster}) },
		"stop sync daemon backup: ": func(ctx context.Context) error { return c.StopSyncDaemon(ctx, SyncBackup) },
	} {
		for _, tt := range []struct {
			ctx    context.Context
			denied bool
			want   error
		}{{cancelled, false, context.Canceled}, {t.Context(), true, fs.ErrPermission}} {
			k.denied = tt.denied
			if err := call(tt.ctx); !errors.Is(err, tt.want) || !strings.HasPrefix(err.Error(), name) {
				t.Errorf("error %v, want %s%v", err, name, tt.want)
			}
		}
	}
}

func TestExplainSyncDaemon(t *testing.T) {
	daemon := SyncDaemon{Role: SyncMaster, Interface: "eth0"}
	with := func(change func(*SyncDaemon)) SyncDaemon {
		d := daemon
		change(&d)
		return d
	}
	for _, tt := range []struct {
		daemon SyncDaemon
		errno  unix.Errno
		want   string
	}{
		{daemon, unix.ENODEV, "there is no interface eth0 (ENODEV)"},
		{daemon, unix.EADDRINUSE, "UDP port 8848 of the group is in use (EADDRINUSE)"},
		{daemon, unix.ENETUNREACH, "the group cannot be reached through eth0: is the interface up, with an address of the group's family? (ENETUNREACH)"},
		{daemon, unix.EAFNOSUPPORT, "the kernel's IPVS has no IPv6, which the group needs (EAFNOSUPPORT)"},
		{daemon, unix.ENOMEM, "the kernel has no memory for it (ENOMEM)"},
		{daemon, unix.EINVAL, "a virtual server has real servers of the other address family, which a sync daemon does not allow (EINVAL)"},
		{with(func(d *SyncDaemon) { d.Role = 3 }), unix.EINVAL, "the role is neither master nor backup (EINVAL)"},
		{
			with(func(d *SyncDaemon) { d.Interface = "interface-of-old" }), unix.EINVAL,
			`"interface-of-old" is too long for the name of an interface (EINVAL)`,
		},
		{
			with(func(d *SyncDaemon) { d.Group = netip.MustParseAddr("192.0.2.1") }), unix.EINVAL,
			"the group 192.0.2.1 is no multicast address (EINVAL)",
		},
		{
			with(func(d *SyncDaemon) { d.Group = netip.MustParseAddr("ff05::1") }), unix.EINVAL,
			"a virtual server has real servers of the other address family, which a sync daemon does not allow, or eth0 has no IPv6 (EINVAL)",
		},
	} {
		if err := explainSyncDaemon(tt.daemon, tt.errno); err.Error() != tt.want || !errors.Is(err, tt.errno) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
}
