package ipvs

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// Failed messages in the middle of a batch: the others count, and each error
// names its change and the reason.
func TestKernelGoesOnAfterFailures(t *testing.T) {
	k := newKernelTable(t)
	good := drService("192.0.2.1:80", "wrr", "127.0.0.2:80", "127.0.0.3:80")
	unknown := drService("192.0.2.2:80", "nonesuch", "127.0.0.2:80")
	bad := drService("192.0.2.3:80", "rr", "127.0.0.2:80", "127.0.0.3:80", "224.0.0.1:80", "[::1]:80")
	bad.Destinations[1].Weight = 1 << 31
	last := drService("192.0.2.4:80", "rr", "127.0.0.2:80")
	err := k.Apply(t.Context(), Diff(nil, []Service{good, unknown, bad, last}))
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		`add virtual server TCP 192.0.2.2:80 nonesuch: the kernel has no scheduler "nonesuch" and no module ip_vs_nonesuch for it (ENOENT)`,
		`add real server 127.0.0.3:80 DR 2147483648 to TCP 192.0.2.3:80: the weight is over 2147483647 (ERANGE)`,
		`add real server 224.0.0.1:80 DR 1 to TCP 192.0.2.3:80: the address is not unicast, ` +
			`or this network namespace has no routes yet (is lo up?) (EINVAL)`,
		`add real server [::1]:80 DR 1 to TCP 192.0.2.3:80: a real server of the other address family is reached by TUN only (EINVAL)`,
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
	bad.Destinations = bad.Destinations[:1]
	if diff := cmp.Diff(filled([]Service{good, bad, last}), k.read(), equateAddrs()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

// What the kernel has no module for, or no use for.
func TestKernelNamesWhatItRefuses(t *testing.T) {
	k := newKernelTable(t)
	service := func(change func(*Service)) Service {
		s := drService("192.0.2.1:80", "rr", "127.0.0.2:80")
		change(&s)
		return s
	}
	for _, tt := range []struct {
		service Service
		want    string
	}{
		{service(func(s *Service) { s.Scheduler, s.PersistenceEngine = "abc", "sip" }), `no scheduler "abc" and no module ip_vs_abc for it (ENOENT)`},
		{service(func(s *Service) { s.PersistenceEngine = "abc" }), `: the kernel has no persistence engine "abc" and no module ip_vs_pe_abc for it (ENOENT)`},
		{service(func(s *Service) { s.Scheduler, s.PersistenceEngine = "mh", "abc" }), `none pe abc: the kernel has no persistence engine "abc"`},
		{service(func(s *Service) { s.PersistenceEngine = "much-too-long-name" }), "too long for the name of a persistence engine (EINVAL)"},
		{service(func(s *Service) { s.Scheduler = "much-too-long-name" }), "too long for the name of a scheduler (EINVAL)"},
		{service(func(s *Service) { s.Destinations[0].LowerThreshold = 1 }), "lthreshold 1 is over uthreshold 0 (ERANGE)"},
		{service(func(s *Service) { s.Destinations[0].UpperThreshold = 1 << 31 }), "uthreshold is over 2147483647 (EINVAL)"},
		{service(func(s *Service) {
			s.Destinations[0].Forward, s.Destinations[0].Tunnel = Tunnel, Encapsulation{Type: GUE}
		}), "tun_type gue needs a tun_port (EINVAL)"},
	} {
		err := k.Apply(t.Context(), Diff(k.read(), []Service{tt.service}))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
	if have := k.read(); len(have) != 1 || len(have[0].Destinations) != 0 {
		t.Errorf("table %v", have)
	}
}

func TestKernelReachesTheAimOfStalePlans(t *testing.T) {
	k := newKernelTable(t)
	old := []Service{drService("192.0.2.1:80", "rr", "127.0.0.2:80"), drService("192.0.2.2:80", "rr", "127.0.0.2:80")}
	want := []Service{drService("192.0.2.2:80", "mh", "127.0.0.3:80"), drService("192.0.2.3:80", "mh", "127.0.0.2:80")}
	update := want[1].Destinations[0]
	update.Weight = 5
	k.program(old...)
	for _, changes := range [][]Change{
		Diff(old, want), Diff(old, want), Diff(nil, want),
		{DeleteDestination{want[1].Key, update.Addr}, UpdateDestination{want[1].Key, update}},
	} {
		if err := k.Apply(t.Context(), changes); err != nil {
			t.Fatalf("%v; plan:\n%s", err, text(changes))
		}
	}
	want[1].Destinations[0] = update
	if diff := cmp.Diff(filled(want), k.read(), equateAddrs()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
	err := k.Apply(t.Context(), []Change{UpdateService{drService("192.0.2.9:80", "rr")}})
	if !errors.Is(err, unix.ESRCH) {
		t.Errorf("change of a missing service: error %v, want ESRCH", err)
	}
}

// A batch of nothing but failures: every answer arrives.
func TestKernelReportsEveryFailure(t *testing.T) {
	k := newKernelTable(t)
	var changes []Change
	for _, s := range bigTable(3*batchSize, 0) {
		changes = append(changes, UpdateService{s})
	}
	if failed := changeErrors(t, k.Apply(t.Context(), changes)); len(failed) != len(changes) {
		t.Errorf("%d failures reported, want %d", len(failed), len(changes))
	}
}

func TestKernelWithoutLoopback(t *testing.T) {
	k := newKernelTable(t)
	var c *Client
	err := k.ns.Do(func() (err error) {
		// A namespace within, whose lo nobody has brought up; Do leaves both.
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			c, err = NewClient()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = c.Apply(t.Context(), Diff(nil, []Service{drService("192.0.2.1:80", "rr", "198.51.100.1:80")}))
	if err == nil || !strings.Contains(err.Error(), "is lo up?") {
		t.Errorf("error %v, want one that asks for lo", err)
	}
}
