package director

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/ldirector/ldirector/director/ipvs"
	"github.com/ldirector/ldirector/internal/nettest"
)

// TestKernelShowsWhatWasWritten checks, with every setting there is, that the
// kernel shows a service as it was written: else each pass would repair it
// anew.
func TestKernelShowsWhatWasWritten(t *testing.T) {
	nettest.Require(t, nettest.NetNS, nettest.IPVS)
	ns := nettest.New(t, "director")
	ns.Run("ip", "-6", "route", "add", "local", "2001:db8::/32", "dev", "lo")
	var client *ipvs.Client
	if err := ns.Do(func() (err error) {
		client, err = ipvs.NewClient()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })

	log, text := logBuffer(0)
	d := New(services(everySetting()...), client, &fakeChecker{}, &fakeLedger{table: newFakeTable()}, nil, nil, log)
	stop := run(t, d)
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
		if left, err := client.Services(t.Context()); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}()
	<-d.Ready()
	if s := d.Status(); s.Error != "" {
		t.Fatalf("error: %s", s.Error)
	}

	// A reload that changes nothing finds nothing to change, also if it looks.
	if plan, err := d.Update(t.Context(), services(everySetting()...)); err != nil || len(plan.Services) > 0 {
		t.Errorf("plan of nothing: %s, error %v", planText(plan), err)
	}
	cfg := services(everySetting()...)
	cfg.Exclusive, cfg.Resync = true, 10*time.Millisecond
	if plan, err := d.Update(t.Context(), cfg); err != nil || len(plan.Services) > 0 {
		t.Errorf("plan of nothing, after a reading: %s, error %v", planText(plan), err)
	}
	passes := make(map[time.Time]bool)
	nettest.Eventually(t, 30*time.Second, "there have been more passes", func() error {
		passes[d.Status().Synced] = true
		if len(passes) < 4 {
			return fmt.Errorf("%d so far", len(passes))
		}
		return nil
	})
	if s := d.Status(); s.Drift > 0 || s.Error != "" {
		t.Errorf("drift %d, error %q, log:\n%s", s.Drift, s.Error, text)
	}
	have, err := client.Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if plan := Preview(cfg, have, nil, nil); len(plan.Services) > 0 {
		t.Errorf("preview of nothing: %s", planText(plan))
	}
}

// everySetting is a service for each setting of a configuration.
func everySetting() []VirtualServer {
	service := func(key ipvs.Key, edits ...func(*VirtualServer)) VirtualServer {
		v := VirtualServer{Name: key.String(), Keys: []ipvs.Key{key}, Scheduler: "wrr"}
		host := "127.0.0.%d"
		if key.Family == ipvs.INET6 {
			host = "2001:db8::%d"
		}
		for n := range 3 {
			addr := netip.MustParseAddr(fmt.Sprintf(host, n+2))
			v.RealServers = append(v.RealServers, RealServer{Destination: ipvs.Destination{
				Addr: netip.AddrPortFrom(addr, 0), Forward: []ipvs.Forward{ipvs.NAT, ipvs.Tunnel, ipvs.DR}[n], Weight: uint32(n),
			}})
		}
		for _, edit := range edits {
			edit(&v)
		}
		return v
	}
	tunnel := func(e ipvs.Encapsulation) func(*VirtualServer) {
		return func(v *VirtualServer) {
			v.RealServers[1].Destination.Forward, v.RealServers[1].Destination.Tunnel = ipvs.Tunnel, e
		}
	}
	six := ipvs.NewKey(ipvs.TCP, netip.MustParseAddrPort("[2001:db8::1]:80"))
	return []VirtualServer{
		service(tcp("192.0.2.1:80")),
		service(six),
		service(ipvs.NewMarkKey(7, ipvs.INET)),
		service(ipvs.NewMarkKey(8, ipvs.INET6)),
		service(tcp("192.0.2.2:0"), func(v *VirtualServer) { v.PersistenceTimeout, v.PrefixLen = 50*time.Second, 24 }),
		service(ipvs.NewKey(ipvs.SCTP, netip.MustParseAddrPort("[2001:db8::2]:80")), func(v *VirtualServer) { v.PersistenceTimeout, v.PrefixLen = time.Minute, 64 }),
		service(tcp("192.0.2.3:80"), func(v *VirtualServer) { v.PrefixLen = 8 }),
		service(ipvs.NewKey(ipvs.UDP, netip.MustParseAddrPort("192.0.2.3:53")), func(v *VirtualServer) { v.Flags = ipvs.OnePacket }),
		service(tcp("192.0.2.4:80"), withScheduler("mh"), func(v *VirtualServer) { v.Flags = ipvs.MHPort }),
		service(tcp("192.0.2.5:80"), withScheduler("sh"), func(v *VirtualServer) { v.Flags = ipvs.SHPort | ipvs.SHFallback }),
		service(ipvs.NewKey(ipvs.UDP, netip.MustParseAddrPort("192.0.2.6:5060")), func(v *VirtualServer) {
			v.PersistenceTimeout, v.PersistenceEngine = time.Minute, "sip"
		}),
		service(tcp("192.0.2.7:80"), tunnel(ipvs.Encapsulation{Type: ipvs.GUE, Port: 6080, Checksum: ipvs.RemoteChecksum})),
		service(tcp("192.0.2.8:80"), tunnel(ipvs.Encapsulation{Type: ipvs.GRE, Checksum: ipvs.Checksum})),
		service(tcp("192.0.2.9:80"), func(v *VirtualServer) {
			v.RealServers[0].Destination.UpperThreshold = 100
			v.RealServers[1].Destination.UpperThreshold, v.RealServers[1].Destination.LowerThreshold = 100, 50
		}),
		service(tcp("192.0.2.10:80"), func(v *VirtualServer) {
			v.Keys = append(v.Keys, tcp("192.0.2.10:443"), ipvs.NewKey(ipvs.UDP, netip.MustParseAddrPort("192.0.2.10:443")))
			v.SorryServer = &ipvs.Destination{Addr: netip.MustParseAddrPort("127.0.0.9:0"), Forward: ipvs.Tunnel}
			v.SorryServerInhibit = true
		}),
		service(tcp("192.0.2.11:80"), withQuorum(9), func(v *VirtualServer) {
			v.SorryServer = &ipvs.Destination{Addr: netip.MustParseAddrPort("127.0.0.9:8080")}
		}),
	}
}
