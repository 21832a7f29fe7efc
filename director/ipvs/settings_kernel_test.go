package ipvs

import (
	"errors"
	"io/fs"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestKernelTimeouts(t *testing.T) {
	nettest.Require(t, nettest.Ipvsadm)
	k := newKernelTable(t)
	read := func() Timeouts {
		t.Helper()
		timeouts, err := k.Timeouts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return timeouts
	}
	want := Timeouts{15 * time.Minute, 2 * time.Minute, 5 * time.Minute} // the kernel's defaults
	for _, set := range []Timeouts{{}, {TCP: time.Hour}, {TCPFin: 1500 * time.Millisecond, UDP: 24 * 24 * time.Hour}} {
		if err := k.SetTimeouts(t.Context(), set); err != nil {
			t.Fatalf("set %+v: %v", set, err)
		}
		if set.TCP != 0 {
			want.TCP = set.TCP
		}
		if set.TCPFin != 0 {
			want.TCPFin, want.UDP = 2*time.Second, set.UDP
		}
		if got := read(); got != want {
			t.Errorf("after %+v: timeouts %+v, want %+v", set, got, want)
		}
	}
	if out := k.ns.Run("ipvsadm", "-l", "--timeout"); out != "Timeout (tcp tcpfin udp): 3600 2 2073600\n" {
		t.Errorf("ipvsadm shows %q", out)
	}
	err := k.SetTimeouts(t.Context(), Timeouts{UDP: 365 * 24 * time.Hour})
	if !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "too long") || read() != want {
		t.Errorf("a year: error %v, timeouts %+v", err, read())
	}
}

func TestKernelSyncDaemons(t *testing.T) {
	k := newKernelTable(t)
	k.ns.Run("ip", "link", "add", "sync0", "type", "veth", "peer", "name", "sync1")
	for _, name := range []string{"sync0", "sync1"} {
		k.ns.Run("ip", "link", "set", name, "up")
	}
	k.ns.Run("ip", "addr", "add", "192.0.2.1/24", "dev", "sync0")
	k.ns.Run("ip", "link", "set", "sync1", "mtu", "9000")
	for _, tt := range []struct {
		daemon SyncDaemon
		maxLen uint16
	}{
		{SyncDaemon{Role: SyncMaster, Interface: "sync0"}, 1472},
		{SyncDaemon{Role: SyncBackup, Interface: "sync1", ID: 255}, 8972},
		{SyncDaemon{Role: SyncMaster, Interface: "sync0", ID: 1, MaxLen: 1, Port: 9000, TTL: 3, Group: netip.MustParseAddr("239.1.2.3")}, 1},
		{SyncDaemon{Role: SyncBackup, Interface: "sync0", ID: 2, MaxLen: 1, Port: 9000, TTL: 255, Group: netip.MustParseAddr("239.1.2.3")}, 1024},
		{SyncDaemon{Role: SyncMaster, Interface: "sync0", MaxLen: 65535, Group: netip.MustParseAddr("ff02::8848")}, 65535 - 48},
		{SyncDaemon{Role: SyncBackup, Interface: "sync0", Group: netip.MustParseAddr("ff02::8848")}, 1452},
	} {
		if err := k.StartSyncDaemon(t.Context(), tt.daemon); err != nil {
			t.Errorf("%v", err)
			continue
		}
		want := tt.daemon.Canonical()
		want.MaxLen = tt.maxLen
		got, err := k.SyncDaemons(t.Context())
		if diff := cmp.Diff([]SyncDaemon{want}, got, equateAddrs()); diff != "" || err != nil {
			t.Errorf("%s: error %v (-want +got):\n%s", tt.daemon, err, diff)
		}
		if err := k.StartSyncDaemon(t.Context(), tt.daemon); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s started twice: error %v", tt.daemon, err)
		}
		for range 2 {
			if err := k.StopSyncDaemon(t.Context(), tt.daemon.Role); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestKernelRefusesSyncDaemons(t *testing.T) {
	k := newKernelTable(t)
	k.ns.Run("ip", "link", "add", "sync0", "type", "veth", "peer", "name", "sync1")
	base := SyncDaemon{Role: SyncMaster, Interface: "lo"}
	refused := func(d SyncDaemon, want string) {
		t.Helper()
		if err := k.StartSyncDaemon(t.Context(), d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
	d := base
	d.Interface = "eth9"
	refused(d, "there is no interface eth9 (ENODEV)")
	d = base
	d.Group = netip.MustParseAddr("192.0.2.1")
	refused(d, "the group 192.0.2.1 is no multicast address (EINVAL)")
	d.Group = netip.MustParseAddr("2001:db8::1")
	refused(d, "the group 2001:db8::1 is no multicast address (EINVAL)")
	d = base
	d.Interface = "interface-of-old"
	refused(d, "too long for the name of an interface (EINVAL)")
	d = base
	d.Role = 3
	refused(d, "the role is neither master nor backup (EINVAL)")
	d = base
	d.Interface = "sync0" // is down
	refused(d, "the group cannot be reached through sync0")

	mixed := drService("192.0.2.1:80", "rr", "127.0.0.2:80", "[::1]:80")
	mixed.Destinations[0].Forward, mixed.Destinations[1].Forward = Tunnel, Tunnel
	k.program(mixed)
	refused(base, "real servers of the other address family")
	k.program()
	if err := k.StartSyncDaemon(t.Context(), base); err != nil {
		t.Fatal(err)
	}
	err := k.Apply(t.Context(), Diff(nil, []Service{mixed}))
	if err == nil || !strings.Contains(err.Error(), "or a sync daemon runs") {
		t.Errorf("mixed families beside a sync daemon: error %v", err)
	}
}
