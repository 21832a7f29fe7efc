package netif

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Links reports the state of every network interface, then every change, until
// ctx is done; it returns nil then. An interface is up if it is administratively
// up and has a carrier (IFF_UP and IFF_RUNNING); one that is removed or renamed
// is down. report is called from Links' goroutine and must not block. When the
// kernel's messages are lost, Links lists all interfaces again and reports what
// has changed meanwhile.
func Links(ctx context.Context, report func(name string, up bool), log *slog.Logger) error {
	w := watcher{subscribe: subscribe, list: netlink.LinkList, report: report, log: log}
	return w.run(ctx)
}

// watcher knows the links as they were last reported.
type watcher struct {
	subscribe func() (*subscription, error)
	list      func() ([]netlink.Link, error)
	report    func(name string, up bool)
	log       *slog.Logger
	links     map[int]linkState // by interface index
}

type linkState struct {
	name string
	up   bool
}

// subscription is a stream of link messages from the kernel.
type subscription struct {
	updates <-chan netlink.LinkUpdate // closed when the stream has ended
	err     func() error              // why it ended
	close   func()
}

func subscribe() (*subscription, error) {
	updates := make(chan netlink.LinkUpdate)
	done := make(chan struct{})
	failure := errors.New("stream ended") // written before updates is closed, read after
	err := netlink.LinkSubscribeWithOptions(updates, done, netlink.LinkSubscribeOptions{
		ErrorCallback: func(err error) { failure = err },
	})
	if err != nil {
		return nil, err
	}
	return &subscription{
		updates: updates,
		err:     func() error { return failure },
		close: func() {
			close(done)
			for range updates { // the sender must not be left blocked
			}
		},
	}, nil
}

func (w *watcher) run(ctx context.Context) error {
	w.links = make(map[int]linkState)
	keepWatching(ctx, "links", w.log, w.watch)
	return nil
}

// watch reports links until the subscription fails or ctx is done.
func (w *watcher) watch(ctx context.Context) error {
	sub, err := w.subscribe()
	if err != nil {
		return fmt.Errorf("subscribe to links: %w", err)
	}
	defer sub.close()
	// Listed after the subscription, so that no change falls in between.
	all, err := dump(w.list)
	if err != nil {
		return fmt.Errorf("list links: %w", err)
	}
	w.reset(all)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case u, ok := <-sub.updates:
			if !ok {
				return fmt.Errorf("read link messages: %w", sub.err())
			}
			w.update(u)
		}
	}
}

// reset takes in the complete list of links.
func (w *watcher) reset(all []netlink.Link) {
	names := make(map[int]string, len(all))
	for _, l := range all {
		names[l.Attrs().Index] = l.Attrs().Name
	}
	// First what is gone or renamed: another link may have the name by now.
	for _, index := range slices.Sorted(maps.Keys(w.links)) {
		if names[index] != w.links[index].name {
			w.remove(index)
		}
	}
	for _, l := range all {
		w.set(l.Attrs().Index, l.Attrs().Name, l.Attrs().RawFlags)
	}
}

// update takes in one message of the kernel.
func (w *watcher) update(u netlink.LinkUpdate) {
	// Bridges speak of their ports in the same group: "deleted" is then a port
	// that left the bridge, not an interface that is gone.
	if u.Family != unix.AF_UNSPEC {
		return
	}
	switch u.Header.Type {
	case unix.RTM_NEWLINK:
		w.set(int(u.Index), u.Attrs().Name, u.Flags)
	case unix.RTM_DELLINK:
		w.remove(int(u.Index))
	}
}

func (w *watcher) set(index int, name string, flags uint32) {
	const running = unix.IFF_UP | unix.IFF_RUNNING
	now := linkState{name: name, up: flags&running == running}
	last, known := w.links[index]
	if known && last.name != name {
		w.remove(index)
		known = false
	}
	if known && last == now {
		return
	}
	w.links[index] = now
	w.log.Debug("link state", "interface", name, "up", now.up)
	w.report(name, now.up)
}

func (w *watcher) remove(index int) {
	last, known := w.links[index]
	if !known {
		return
	}
	delete(w.links, index)
	w.log.Debug("link gone", "interface", last.name)
	if last.up {
		w.report(last.name, false)
	}
}
