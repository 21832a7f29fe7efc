package syncdaemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/nettest"
)

// A director is a namespace with the kernel's sync daemons and their controller.
type director struct {
	*Controller
	ns     *nettest.Namespace
	client *ipvs.Client
	stop   func() // ends the controller
}

func newDirector(t *testing.T, lan *nettest.LAN, name string, address string) *director {
	d := &director{ns: nettest.New(t, name)}
	lan.Connect(d.ns, "eth0", netip.MustParsePrefix(address))
	err := d.ns.Do(func() (err error) {
		d.client, err = ipvs.NewClient()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	d.Controller = New(d.client, slog.New(slog.DiscardHandler))
	d.Set(&Config{Interface: "eth0", ID: 51, VRRPInstance: "VI_1"})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	d.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { _ = d.client.Close() })
	return d
}

// runs waits until exactly the daemon of one role runs.
func (d *director) runs(t *testing.T, role ipvs.SyncRole) {
	t.Helper()
	nettest.Eventually(t, 30*time.Second, fmt.Sprintf("%s runs", role), func() error {
		running, err := d.client.SyncDaemons(t.Context())
		if err != nil || len(running) != 1 || running[0].Role != role {
			return fmt.Errorf("%v run: %w, status %+v", running, err, d.Status())
		}
		return nil
	})
}

// connections returns the kernel's table of connections, with numbers in hex.
func (d *director) connections() string { return d.ns.Run("cat", "/proc/net/ip_vs_conn") }

func TestKernelSharesConnections(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nettest.IPVS)
	lan := nettest.NewLAN(t, "lan")
	client := nettest.New(t, "client")
	lan.Connect(client, "eth0", netip.MustParsePrefix("10.0.0.1/24"))
	a := newDirector(t, lan, "a", "10.0.0.2/24")
	b := newDirector(t, lan, "b", "10.0.0.3/24")
	a.SetMaster(true)
	a.runs(t, ipvs.SyncMaster)
	b.runs(t, ipvs.SyncBackup)

	connect(t, client, a)
	const entry = "TCP 0A000001 " // from the client
	nettest.Eventually(t, time.Minute, "the other director knows the connection", func() error {
		if table := b.connections(); !strings.Contains(table, entry) {
			return fmt.Errorf("it knows\n%sand the first one\n%s", table, a.connections())
		}
		return nil
	})

	a.SetMaster(false)
	b.SetMaster(true)
	a.runs(t, ipvs.SyncBackup)
	b.runs(t, ipvs.SyncMaster)
	for _, d := range []*director{a, b} {
		d.stop()
		if running, err := d.client.SyncDaemons(t.Context()); len(running) > 0 || err != nil {
			t.Errorf("after the end %v run, %v", running, err)
		}
	}
}

// connect opens a connection through a director, which is the real server, too,
// and sends enough packets for the kernel to tell others (sync_threshold).
func connect(t *testing.T, client *nettest.Namespace, d *director) {
	t.Helper()
	service := ipvs.Service{
		Key: ipvs.NewKey(ipvs.TCP, netip.MustParseAddrPort("10.0.0.2:80")), Scheduler: "rr",
		Destinations: []ipvs.Destination{{Addr: netip.MustParseAddrPort("10.0.0.2:80"), Weight: 1}},
	}
	if err := d.client.Apply(t.Context(), ipvs.Diff(nil, []ipvs.Service{service})); err != nil {
		t.Fatal(err)
	}
	var listener net.Listener
	err := d.ns.Do(func() (err error) {
		listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "10.0.0.2:80")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	var conn net.Conn
	err = client.Do(func() (err error) {
		conn, err = (&net.Dialer{Timeout: 10 * time.Second}).DialContext(t.Context(), "tcp4", "10.0.0.2:80")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	echo := make([]byte, 1)
	for range 60 {
		_, errOut := conn.Write(echo)
		_, errIn := server.Read(echo)
		if err := errors.Join(errOut, errIn); err != nil {
			t.Fatal(err)
		}
	}
}
