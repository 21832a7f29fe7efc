package netif

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/ldirector/ldirector/internal/nettest"
)

func TestLinksReportsInitialStatesAndChanges(t *testing.T) {
	nettest.Require(t, nettest.NetNS)
	lan := nettest.NewLAN(t, "lan")
	ns := nettest.New(t, "host")
	port := lan.Connect(ns, "eth0")
	ns.Run("ip", "link", "add", "br0", "type", "bridge")
	ns.Run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1")
	ns.Run("ip", "link", "set", "v0", "master", "br0")

	var got reports
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		done <- ns.Do(func() error { return Links(ctx, got.add, slog.New(slog.DiscardHandler)) })
	}()
	got.await(t, "br0 down", "eth0 up", "lo up", "v0 down", "v1 down")

	lan.Unplug(port)
	got.await(t, "eth0 down")
	lan.Restore(port)
	got.await(t, "eth0 up")
	ns.Run("ip", "link", "set", "v1", "up") // no carrier before v0 is up
	ns.Run("ip", "link", "set", "v0", "up")
	got.await(t, "v0 up", "v1 up")
	ns.Run("ip", "link", "set", "v0", "nomaster") // leaves the bridge, but is still there
	ns.Run("ip", "link", "set", "v1", "down")
	got.await(t, "v0 down", "v1 down")
	ns.Run("ip", "link", "set", "v1", "up")
	got.await(t, "v0 up", "v1 up")
	ns.Run("ip", "link", "del", "v0")
	got.await(t, "v0 down", "v1 down")
	ns.Run("ip", "link", "set", "eth0", "name", "wan")
	got.await(t, "eth0 down", "wan up")

	cancel()
	if err := <-done; err != nil {
		t.Errorf("Links returned %v, want nil", err)
	}
	if rest := got.take(); len(rest) > 0 {
		t.Errorf("further reports: %q", rest)
	}
}

func TestLinksResubscribes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &fakeKernel{links: map[int]string{1: "lo", 2: "eth0", 3: "eth1"}}
		var got reports
		w := watcher{subscribe: k.subscribe, list: k.list, report: got.add, log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.run(ctx) }()
		synctest.Wait()
		got.expect(t, "lo up", "eth0 up", "eth1 up")

		// The stream ends; meanwhile one link goes away and two change names.
		k.change(func() {
			k.links = map[int]string{1: "lo", 2: "eth1", 4: "eth0"}
			k.interrupted = 3
			close(k.stream)
		})
		time.Sleep(minWatchDelay)
		synctest.Wait()
		got.expect(t, "eth0 down", "eth1 down", "eth1 up", "eth0 up")

		// The kernel refuses for a while.
		k.change(func() {
			k.refuse = true
			close(k.stream)
		})
		time.Sleep(time.Hour)
		k.change(func() {
			if k.attempts < 360 || k.attempts > 380 {
				t.Errorf("%d attempts in an hour, want one every %v", k.attempts, maxWatchDelay)
			}
			k.refuse = false
			delete(k.links, 4)
		})
		time.Sleep(maxWatchDelay)
		synctest.Wait()
		got.expect(t, "eth0 down")

		cancel()
		if err := <-done; err != nil {
			t.Errorf("run returned %v, want nil", err)
		}
	})
}

func TestLinksIgnoresBridgePorts(t *testing.T) {
	var got reports
	w := watcher{report: got.add, log: slog.New(slog.DiscardHandler), links: map[int]linkState{2: {"eth0", true}}}
	message := func(family uint8, typ uint16) netlink.LinkUpdate {
		return netlink.LinkUpdate{
			IfInfomsg: nl.IfInfomsg{IfInfomsg: unix.IfInfomsg{Family: family, Index: 2}},
			Header:    unix.NlMsghdr{Type: typ},
			Link:      &netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Name: "eth0"}},
		}
	}
	w.update(message(unix.AF_BRIDGE, unix.RTM_DELLINK))
	w.update(message(unix.AF_BRIDGE, unix.RTM_NEWLINK))
	got.expect(t)
	w.update(message(unix.AF_UNSPEC, unix.RTM_DELLINK))
	got.expect(t, "eth0 down")
	w.update(message(unix.AF_UNSPEC, unix.RTM_DELLINK))
	got.expect(t)
}

// fakeKernel has links that are all up.
type fakeKernel struct {
	mu          sync.Mutex
	links       map[int]string
	interrupted int // dumps that are yet to be disturbed
	refuse      bool
	attempts    int // refused ones
	stream      chan netlink.LinkUpdate
}

func (k *fakeKernel) change(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	f()
}

func (k *fakeKernel) subscribe() (*subscription, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.refuse {
		k.attempts++
		return nil, unix.ENOBUFS
	}
	k.stream = make(chan netlink.LinkUpdate)
	return &subscription{
		updates: k.stream,
		err:     func() error { return unix.ENOBUFS },
		close:   func() {},
	}, nil
}

func (k *fakeKernel) list() ([]netlink.Link, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.interrupted > 0 {
		k.interrupted--
		return nil, fmt.Errorf("list: %w", netlink.ErrDumpInterrupted)
	}
	var all []netlink.Link
	for index, name := range k.links {
		all = append(all, &netlink.Dummy{LinkAttrs: netlink.LinkAttrs{
			Index: index, Name: name, RawFlags: unix.IFF_UP | unix.IFF_RUNNING,
		}})
	}
	slices.SortFunc(all, func(a, b netlink.Link) int { return a.Attrs().Index - b.Attrs().Index })
	return all, nil
}

// reports collects what Links says, "eth0 up".
type reports struct {
	mu    sync.Mutex
	lines []string
}

func (r *reports) add(name string, up bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	state := "down"
	if up {
		state = "up"
	}
	r.lines = append(r.lines, name+" "+state)
}

func (r *reports) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lines := r.lines
	r.lines = nil
	return lines
}

// expect compares everything reported since the last call.
func (r *reports) expect(t *testing.T, want ...string) {
	t.Helper()
	got := r.take()
	if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}

// await waits until as many lines have come as are wanted, in any order.
func (r *reports) await(t *testing.T, want ...string) {
	t.Helper()
	nettest.Eventually(t, 10*time.Second, fmt.Sprintf("%q is reported", want), func() error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.lines) < len(want) {
			return fmt.Errorf("reports so far: %q", r.lines)
		}
		return nil
	})
	got := r.take()
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
}
