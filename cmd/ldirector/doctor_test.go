package main

import (
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/ldirector/ldirector/internal/doctor"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/vrrp"
)

// sickConfig asks for more than the hosts of these tests give.
const sickConfig = `
vrrp_instance "VI_1" {
  interface         = "eth0"
  virtual_router_id = 51
  virtual_ipaddress = ["192.0.2.100/24"]
}
virtual_server "dr" {
  address = "192.0.2.100:80"
  lb_algo = "rr"
  lb_kind = "DR"
  real_server "192.0.2.31:80" {}
}
virtual_server "nat" {
  address = "192.0.2.100:81"
  lb_algo = "rr"
  lb_kind = "NAT"
  real_server "192.0.2.32:80" {}
}
virtual_server "tunnel" {
  address = "192.0.2.100:82"
  lb_algo = "rr"
  lb_kind = "TUN"
  real_server "192.0.2.31:82" {}
}
`

// examine runs doctor in a namespace and returns its exit code and the names of
// what it has found, but for what depends on the machine.
func examine(t *testing.T, ns *nettest.Namespace, args ...string) (code int, found []string) {
	t.Helper()
	cfg := filepath.Join(t.TempDir(), "sick.hcl")
	if err := os.WriteFile(cfg, []byte(sickConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := ns.Command(os.Args[0], append([]string{"doctor", "--json", "-c", cfg}, args...)...)
	cmd.Env = append(os.Environ(), "PLAY_LDIRECTOR=1")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	var report doctor.Report
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s%s", err, out, stderr.String())
	}
	for _, f := range report.Findings {
		if f.Check != "clock" && f.Check != "module" && f.Check != "file_descriptors" {
			found = append(found, f.Check)
		}
	}
	for _, u := range report.Unseen {
		if !strings.HasPrefix(u, "kernel modules") && !strings.HasPrefix(u, "sysctls of IPVS") {
			t.Errorf("not looked at: %s", u)
		}
	}
	slices.Sort(found)
	return code, slices.Compact(found)
}

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// A director of which everything is wrong that can be, on a network where a
// back-end answers ARP.
func TestDoctorOnDirector(t *testing.T) {
	nettest.Require(t, nettest.NetNS, "nft")
	lan := nettest.NewLAN(t, "lan")
	sick, backend := nettest.New(t, "director"), nettest.New(t, "backend")
	lan.Connect(sick, "eth0", prefix("192.0.2.1/24"))
	lan.Connect(backend, "eth0", prefix("192.0.2.31/24"))
	backend.Run("ip", "address", "add", "192.0.2.100/32", "dev", "lo")
	sick.Run("sysctl", "-qw", "net.ipv4.ip_forward=0")
	sick.Run("nft", "add table inet filter; add chain inet filter input { type filter hook input priority filter; policy drop; }; add rule inet filter input meta l4proto tcp accept")
	sick.Start(sick.Command("bash", "-c", "exec -a keepalived sleep 60"))

	code, got := examine(t, sick)
	want := []string{"backend_answers_arp", "competing_daemon", "ip_forward", "tunnel_mtu", "vrrp_firewall"}
	if code != 1 || !slices.Equal(got, want) {
		t.Errorf("exit code %d, found %q, want 1 and %q", code, got, want)
	}
}

// advertise sends advertisements of another virtual router until the test ends.
func advertise(t *testing.T, ns *nettest.Namespace) {
	t.Helper()
	source, group := netip.MustParseAddr("192.0.2.200"), netip.MustParseAddr("224.0.0.18")
	a := vrrp.Advertisement{Version: 2, VRID: 51, Priority: 100, Interval: time.Second, Addresses: []netip.Addr{netip.MustParseAddr("192.0.2.201")}}
	packet, err := a.Append(nil, source, group)
	if err != nil {
		t.Fatal(err)
	}
	var conn net.PacketConn
	err = ns.Do(func() (err error) {
		if conn, err = net.ListenPacket("ip4:112", source.String()); err != nil {
			return err
		}
		i, err := net.InterfaceByName("eth0")
		if err != nil {
			return err
		}
		return errors.Join(ipv4.NewPacketConn(conn).SetMulticastInterface(i), ipv4.NewPacketConn(conn).SetMulticastTTL(255))
	})
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range tick.C {
			if _, err := conn.WriteTo(packet, &net.IPAddr{IP: group.AsSlice()}); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close() // the next write fails
		<-done
		tick.Stop()
	})
}

// The same director, mended, on a network where somebody else has the VRID.
func TestDoctorOnMendedDirector(t *testing.T) {
	nettest.Require(t, nettest.NetNS, "nft")
	lan := nettest.NewLAN(t, "lan")
	well, backend, other := nettest.New(t, "director"), nettest.New(t, "backend"), nettest.New(t, "other")
	lan.Connect(well, "eth0", prefix("192.0.2.1/24"))
	lan.Connect(backend, "eth0", prefix("192.0.2.31/24"))
	lan.Connect(other, "eth0", prefix("192.0.2.200/24"))
	well.Run("sysctl", "-qw", "net.ipv4.ip_forward=1")
	want := []string{"tunnel_mtu"}
	if code, got := examine(t, well, "--listen", "1s"); code != 1 || !slices.Equal(got, want) {
		t.Errorf("exit code %d, found %q, want 1 and %q", code, got, want)
	}
	advertise(t, other)
	want = []string{"tunnel_mtu", "vrrp_duplicate_id"}
	if code, got := examine(t, well); code != 1 || !slices.Equal(got, want) {
		t.Errorf("exit code %d, found %q, want 1 and %q", code, got, want)
	}
}

// A back-end as it is after installation, and after "realserver up".
func TestDoctorOnBackend(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	backend := nettest.New(t, "backend")
	lan.Connect(backend, "eth0", prefix("192.0.2.31/24"))
	code, got := examine(t, backend, "--role", "realserver")
	want := []string{"arp_announce", "arp_ignore", "backend_address", "listener", "tunnel_device"}
	if code != 1 || !slices.Equal(got, want) {
		t.Errorf("exit code %d, found %q, want 1 and %q", code, got, want)
	}

	cmd := backend.Command(os.Args[0], "realserver", "up", "192.0.2.100", "--state-dir", t.TempDir())
	cmd.Env = append(os.Environ(), "PLAY_LDIRECTOR=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, addr := range []string{"192.0.2.100:80", "0.0.0.0:82"} {
		err := backend.Do(func() error {
			l, err := net.Listen("tcp4", addr)
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, got := examine(t, backend, "--role", "realserver"); !slices.Equal(got, []string{"tunnel_device"}) {
		t.Errorf("after realserver up: %q", got)
	}
}
