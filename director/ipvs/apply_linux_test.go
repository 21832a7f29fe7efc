package ipvs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// changeErrors returns the changes that failed according to an error of Apply.
func changeErrors(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("error %v is not joined", err)
	}
	var failed []string
	for _, err := range joined.Unwrap() {
		var change *ChangeError
		if !errors.As(err, &change) {
			t.Fatalf("error %v is no ChangeError", err)
		}
		failed = append(failed, change.Change.String())
	}
	return failed
}

func TestApplyWalk(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		k := newFakeKernel(t)
		c := k.client()
		for range 2 {
			want := drawTable(rt, "want")
			have, err := c.Services(t.Context())
			if err != nil {
				rt.Fatal(err)
			}
			if err := c.Apply(t.Context(), Diff(have, want)); err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(filled(want), k.table.services(), equateAddrs()); diff != "" {
				rt.Fatalf("table (-want +got):\n%s", diff)
			}
		}
	})
}

func TestApplyInBatches(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	changes := Diff(nil, bigTable(100, 10))
	if err := c.Apply(t.Context(), changes); err != nil {
		t.Fatal(err)
	}
	if want := (len(changes) + batchSize - 1) / batchSize; k.sends != want {
		t.Errorf("%d changes took %d sends, want %d", len(changes), k.sends, want)
	}
	if diff := cmp.Diff(text(changes), strings.Join(k.log, "\n")+"\n"); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	k.sends = 0
	if err := c.Apply(t.Context(), nil); err != nil || k.sends != 0 {
		t.Errorf("an empty plan took %d sends, error %v", k.sends, err)
	}
}

// A plan for another table than the kernel's reaches its aim all the same.
func TestApplyTwice(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	old := []Service{drService("192.0.2.1:80", "rr", "192.0.2.10:80"), drService("192.0.2.2:80", "rr", "192.0.2.10:80")}
	want := []Service{drService("192.0.2.2:80", "mh", "192.0.2.11:80"), drService("192.0.2.3:80", "mh", "192.0.2.10:80")}
	edited := drService("192.0.2.2:80", "mh", "192.0.2.11:80")
	edited.Destinations[0].Weight = 5
	k.table.fill(old)
	for _, changes := range [][]Change{Diff(old, want), Diff(old, want), Diff(nil, want), {UpdateDestination{edited.Key, edited.Destinations[0]}}} {
		if err := c.Apply(t.Context(), changes); err != nil {
			t.Fatalf("%v; plan:\n%s", err, text(changes))
		}
	}
	want[0] = edited
	if diff := cmp.Diff(filled(want), k.table.services(), equateAddrs()); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestApplyMakesUpForMissingEntries(t *testing.T) {
	k, vip := newFakeKernel(t), key("192.0.2.1:80")
	c := k.client()
	service := drService("192.0.2.1:80", "rr", "192.0.2.10:80")
	d := service.Destinations[0]
	for _, tt := range []struct {
		name    string
		kernel  []Service
		changes []Change
		want    []Service
		failed  []string
	}{
		{"add service that is there", []Service{service}, []Change{AddService{drService("192.0.2.1:80", "wlc")}},
			[]Service{drService("192.0.2.1:80", "wlc", "192.0.2.10:80")}, nil},
		{"delete nothing", nil, []Change{DeleteDestination{vip, d.Addr}, DeleteService{vip}}, nil, nil},
		{"delete missing destination", []Service{drService("192.0.2.1:80", "rr")}, []Change{DeleteDestination{vip, d.Addr}},
			[]Service{drService("192.0.2.1:80", "rr")}, nil},
		{"change missing destination", []Service{drService("192.0.2.1:80", "rr")}, []Change{UpdateDestination{vip, d}},
			[]Service{service}, nil},
		{"later delete wins", []Service{service}, []Change{AddService{service}, AddDestination{vip, d}, DeleteService{vip}}, nil, nil},
		{"change missing service", nil, []Change{UpdateService{service}}, nil,
			[]string{"change virtual server TCP 192.0.2.1:80 rr"}},
		{"add to missing service", nil, []Change{AddDestination{vip, d}}, nil,
			[]string{"add real server 192.0.2.10:80 DR 1 to TCP 192.0.2.1:80"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k.table.fill(tt.kernel)
			err := c.Apply(t.Context(), tt.changes)
			if diff := cmp.Diff(tt.failed, changeErrors(t, err)); diff != "" {
				t.Errorf("failed changes (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(filled(tt.want), k.table.services(), equateAddrs()); diff != "" {
				t.Errorf("table (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplyGoesOnAfterAFailure(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	want := bigTable(40, 10)
	changes := Diff(nil, want)
	var failed []string
	for _, i := range []int{41, 255, 256, len(changes) - 1} {
		failed = append(failed, changes[i].String())
	}
	k.refuse = func(c Change) syscall.Errno {
		if strings.Contains(strings.Join(failed, "\n"), c.String()) {
			return unix.EINVAL
		}
		return 0
	}
	err := c.Apply(t.Context(), changes)
	if diff := cmp.Diff(failed, changeErrors(t, err)); diff != "" {
		t.Errorf("failed changes (-want +got):\n%s", diff)
	}
	if !errors.Is(err, unix.EINVAL) {
		t.Errorf("error does not match EINVAL: %v", err)
	}
	k.refuse = nil
	rest := Diff(k.table.services(), want)
	if len(rest) != len(failed) {
		t.Errorf("left to do, want %d changes:\n%s", len(failed), text(rest))
	}
}

// The real servers of a service that could not be created are not reported.
func TestApplyReportsTheCauseOnce(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	k.refuse = func(c Change) syscall.Errno {
		if add, ok := c.(AddService); ok && add.Service.Scheduler == "nonesuch" {
			return unix.ENOENT
		}
		return 0
	}
	err := c.Apply(t.Context(), Diff(nil, []Service{
		drService("192.0.2.1:80", "nonesuch", "192.0.2.10:80", "192.0.2.11:80"), drService("192.0.2.2:80", "rr", "192.0.2.10:80"),
	}))
	want := `add virtual server TCP 192.0.2.1:80 nonesuch: the kernel has no scheduler "nonesuch" and no module ip_vs_nonesuch for it (ENOENT)`
	if err == nil || err.Error() != want {
		t.Errorf("error\n%v\nwant\n%s", err, want)
	}
	if len(k.table) != 1 {
		t.Errorf("%d services in the table, want 1", len(k.table))
	}
}

func TestApplyFailureOfTheSubstitute(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	k.table.fill([]Service{drService("192.0.2.1:80", "rr")})
	k.refuse = func(c Change) syscall.Errno {
		if _, ok := c.(UpdateService); ok {
			return unix.ENOENT
		}
		return 0
	}
	err := c.Apply(t.Context(), []Change{AddService{drService("192.0.2.1:80", "twos")}})
	want := []string{"add virtual server TCP 192.0.2.1:80 twos"}
	if diff := cmp.Diff(want, changeErrors(t, err)); diff != "" {
		t.Errorf("failed changes (-want +got):\n%s", diff)
	}
	if !strings.Contains(fmt.Sprint(err), "ip_vs_twos") {
		t.Errorf("error does not name the scheduler: %v", err)
	}
}

func TestApplyEndsEarly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	for _, tt := range []struct {
		name    string
		ctx     context.Context
		prepare func(*fakeKernel)
		want    error
		sends   int
	}{
		{"no capability", t.Context(), func(k *fakeKernel) { k.denied = true }, os.ErrPermission, 1},
		{
			"answers overflow", t.Context(),
			func(k *fakeKernel) { k.spoil = func(Change) syscall.Errno { return unix.ENOBUFS } }, ErrLostAnswer, 1,
		},
		{
			"no answer", t.Context(),
			func(k *fakeKernel) { k.spoil = func(Change) syscall.Errno { return unix.EAGAIN } }, ErrLostAnswer, 1,
		},
		{
			"cancelled between two batches", ctx,
			func(k *fakeKernel) { k.spoil = func(Change) syscall.Errno { cancel(); return 0 } }, context.Canceled, 1,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newFakeKernel(t)
			c := k.client()
			tt.prepare(k)
			want := bigTable(100, 10)
			if err := c.Apply(tt.ctx, Diff(nil, want)); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if k.sends != tt.sends {
				t.Errorf("%d sends, want %d", k.sends, tt.sends)
			}
			k.denied, k.spoil = false, nil
			have, err := c.Services(t.Context())
			if err == nil {
				err = c.Apply(t.Context(), Diff(have, want))
			}
			if err != nil || len(Diff(k.table.services(), want)) != 0 {
				t.Errorf("second attempt: error %v, still to do:\n%s", err, text(Diff(k.table.services(), want)))
			}
		})
	}
}

// A substitute that fails in its turn, because answers are lost, ends the plan, too.
func TestApplyLosesAnswersOfSubstitutes(t *testing.T) {
	k := newFakeKernel(t)
	c := k.client()
	k.table.fill([]Service{drService("192.0.2.1:80", "rr")})
	k.spoil = func(c Change) syscall.Errno {
		if _, ok := c.(UpdateService); ok {
			return unix.ENOBUFS
		}
		return 0
	}
	err := c.Apply(t.Context(), []Change{AddService{drService("192.0.2.1:80", "wlc")}})
	if !errors.Is(err, ErrLostAnswer) {
		t.Errorf("error %v, want %v", err, ErrLostAnswer)
	}
}

// A batch of the longest messages is far from the kernel's default send buffer
// of 208 KiB.
func TestLongestBatch(t *testing.T) {
	v6 := key("[2001:db8::1]:80")
	for _, c := range []Change{
		AddService{Service{Key: v6, Scheduler: strings.Repeat("x", 1<<17), Timeout: 1 << 62, Flags: allFlags}},
		AddDestination{v6, Destination{Addr: addrPort("[2001:db8::1]:80")}},
	} {
		var w writer
		w.change(0x1c, 1, c)
		if n := batchSize * len(w.buf); n > 64<<10 {
			t.Errorf("a batch of %T has %d bytes, over 64 KiB", c, n)
		}
	}
}

// What the kernel is too busy for is tried once more, and not for ever.
func TestApplyWhileBusy(t *testing.T) {
	for _, tt := range []struct {
		times int
		want  string
	}{
		{1, ""},
		{2, "change virtual server TCP 192.0.2.1:80 wlc: the kernel is busy with another request (EBUSY)"},
	} {
		k := newFakeKernel(t)
		k.table.fill([]Service{drService("192.0.2.1:80", "rr")})
		k.refuse = func(Change) syscall.Errno {
			if tt.times--; tt.times >= 0 {
				return unix.EBUSY
			}
			return 0
		}
		got := ""
		if err := k.client().Apply(t.Context(), []Change{UpdateService{drService("192.0.2.1:80", "wlc")}}); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("error %q, want %q", got, tt.want)
		}
	}
}

// The kernel has the same answer for two missing modules.
func TestApplyTellsSchedulerFromPersistenceEngine(t *testing.T) {
	const add = "add virtual server TCP 192.0.2.1:80 "
	const noScheduler, noEngine = `the kernel has no scheduler "rr" and no module ip_vs_rr for it`,
		`the kernel has no persistence engine "sip" and no module ip_vs_pe_sip for it`
	for _, tt := range []struct {
		name      string
		missing   func(Service) bool
		scheduler string
		want      string
	}{
		{"scheduler", func(s Service) bool { return s.Scheduler == "rr" }, "rr", add + "rr pe sip: " + noScheduler + " (ENOENT)"},
		{"engine", func(s Service) bool { return s.PersistenceEngine == "sip" }, "rr", add + "rr pe sip: " + noEngine + " (ENOENT)"},
		{"engine of mh", func(s Service) bool { return s.PersistenceEngine == "sip" }, "mh", add + "none pe sip: " + noEngine + " (ENOENT)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k := newFakeKernel(t)
			k.refuse = func(c Change) syscall.Errno {
				if add, ok := c.(AddService); ok && tt.missing(add.Service) {
					return unix.ENOENT
				}
				return 0
			}
			service := drService("192.0.2.1:80", tt.scheduler, "192.0.2.10:80")
			service.PersistenceEngine = "sip"
			err := k.client().Apply(t.Context(), Diff(nil, []Service{service}))
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}
