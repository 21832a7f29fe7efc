package lab

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ldirector/ldirector/internal/nettest"
)

const askTimeout = 2 * time.Second

// Ask opens a connection and returns the name of the server that answers. The
// network is "tcp", "udp" or "sctp".
func (h *Host) Ask(network, address string) (name string, err error) {
	return h.AskFrom("", network, address)
}

// AskFrom is Ask from one of the host's addresses: "192.0.2.1:0" leaves the
// port to the system, "" the address, too. Several may ask at the same time.
func (h *Host) AskFrom(source, network, address string) (name string, err error) {
	err = h.Do(func() error {
		name, err = ask(source, network, address, askTimeout)
		return err
	})
	return name, err
}

func ask(source, network, address string, timeout time.Duration) (string, error) {
	c, err := dial(source, network, address, timeout)
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(timeout))
	if network == "udp" {
		if _, err := c.Write([]byte("?")); err != nil {
			return "", err
		}
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(line), err
}

// dial must be called in the host's namespace.
func dial(source, network, address string, timeout time.Duration) (net.Conn, error) {
	d := net.Dialer{Timeout: timeout}
	var err error
	switch {
	case network == "sctp":
		return dialSCTP(address, timeout)
	case source == "":
	case network == "udp":
		d.LocalAddr, err = net.ResolveUDPAddr(network, source)
	default:
		d.LocalAddr, err = net.ResolveTCPAddr(network, source)
	}
	if err != nil {
		return nil, err
	}
	for give := time.Now().Add(timeout); ; time.Sleep(5 * time.Millisecond) {
		c, err := d.Dial(network, address)
		// A process that is just being started still holds what is closed here.
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(give) {
			return c, err
		}
	}
}

// Spread asks n times and returns how often each server answered. Every
// question must be answered.
func (h *Host) Spread(network, address string, n int) map[string]int {
	h.lab.tb.Helper()
	names := make(map[string]int)
	err := h.Do(func() error {
		for range n {
			name, err := ask("", network, address, askTimeout)
			if err != nil {
				return err
			}
			names[name]++
		}
		return nil
	})
	if err != nil {
		h.lab.tb.Fatalf("ask %s: %v (answers until then: %v)", address, err, names)
	}
	return names
}

// AwaitAnswer asks until somebody answers.
func (h *Host) AwaitAnswer(timeout time.Duration, network, address string) {
	h.lab.tb.Helper()
	nettest.Eventually(h.lab.tb, timeout, address+" answers", func() error {
		_, err := h.Ask(network, address)
		return err
	})
}

// A Watch asks again and again.
type Watch struct {
	stop chan struct{}
	done sync.WaitGroup

	gap      time.Duration
	answered int
	failed   int
}

// Watch asks address every few milliseconds until Stop. A question that is not
// answered within the patience has failed: where that is more than a second, the
// kernel repeats what was lost.
func (h *Host) Watch(address string, patience time.Duration) *Watch {
	const every = 5 * time.Millisecond
	w := &Watch{stop: make(chan struct{})}
	w.done.Go(func() {
		_ = h.Do(func() error {
			last := time.Now()
			for {
				select {
				case <-w.stop:
					w.gap = max(w.gap, time.Since(last))
					return nil
				case <-time.After(every):
				}
				if _, err := ask("", "tcp", address, patience); err != nil {
					w.failed++
					continue
				}
				w.answered++
				w.gap = max(w.gap, time.Since(last))
				last = time.Now()
			}
		})
	})
	return w
}

// Stop ends the watch and returns the longest time between two answers, and
// how many questions were answered and not answered.
func (w *Watch) Stop() (gap time.Duration, answered, failed int) {
	close(w.stop)
	w.done.Wait()
	return w.gap, w.answered, w.failed
}

// A Transfer is one long connection on which something is always under way.
type Transfer struct {
	Server string
	conn   net.Conn
	r      *bufio.Reader
}

// Transfer opens a long connection.
func (h *Host) Transfer(address string) *Transfer {
	h.lab.tb.Helper()
	t := &Transfer{}
	err := h.Do(func() (err error) {
		if t.conn, err = net.DialTimeout("tcp", address, askTimeout); err != nil {
			return err
		}
		t.r = bufio.NewReader(t.conn)
		_ = t.conn.SetDeadline(time.Now().Add(askTimeout))
		line, err := t.r.ReadString('\n')
		t.Server = strings.TrimSpace(line)
		return err
	})
	if err != nil {
		h.lab.tb.Fatalf("open a transfer from %s: %v", address, err)
	}
	h.lab.tb.Cleanup(func() { _ = t.conn.Close() })
	return t
}

// Continue sends something and waits for it to come back.
func (t *Transfer) Continue() error {
	_ = t.conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintln(t.conn, "still there?"); err != nil {
		return err
	}
	_, err := t.r.ReadString('\n')
	return err
}

// Close ends the connection.
func (t *Transfer) Close() { _ = t.conn.Close() }

// Client is the address and port that the connection comes from.
func (t *Transfer) Client() string { return t.conn.LocalAddr().String() }
