// Package probetest asks servers that harm their clients, for the tests of
// probes.
package probetest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/internal/nettest"
)

const (
	timeout   = 300 * time.Millisecond // of a probe of a hostile server
	maxReason = 400                    // bytes
)

// Ask asks a server that has all the time it needs.
func Ask(ctx context.Context, p healthcheck.Prober, t healthcheck.Target) (healthcheck.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p.Probe(ctx, t, healthcheck.Unknown)
}

// Survives asks all hostile servers. Each first speaks the beginning of the
// protocol: the first of the opening is said, each other one answers something.
// The probe has to end in time, with a reason that is fit for a status line and
// has none of the secrets.
func Survives(tb nettest.TB, p healthcheck.Prober, secrets []string, opening ...string) {
	tb.Helper()
	var wg sync.WaitGroup
	for _, h := range nettest.Hostile() {
		for n := range len(opening) + 1 {
			name := fmt.Sprintf("%s after %d answers", h.Name, n)
			addr := nettest.Serve(tb, after(opening[:n], h.Conduct))
			wg.Go(func() {
				err := Fails(tb, p, name, addr, secrets...)
				if h.Name == "silent" && !errors.Is(err, context.DeadlineExceeded) {
					tb.Errorf("%s: got %v, want %v", name, err, context.DeadlineExceeded)
				}
			})
		}
	}
	wg.Wait()
}

// Fails asks one hostile server. The probe has to end in time, with a reason
// that is fit for a status line and has none of the secrets.
func Fails(tb nettest.TB, p healthcheck.Prober, name string, server netip.AddrPort, secrets ...string) error {
	tb.Helper()
	ctx, cancel := Short(context.Background())
	defer cancel()
	_, err := p.Probe(ctx, healthcheck.Target{Addr: server}, healthcheck.Unknown)
	if err == nil {
		tb.Errorf("%s: the server counts as healthy", name)
		return nil
	}
	checkReason(tb, name, err, secrets)
	return err
}

// after returns next behind an opening.
func after(opening []string, next nettest.Conduct) nettest.Conduct {
	for i, text := range slices.Backward(opening) {
		if i == 0 {
			next = nettest.Say(text, next)
		} else {
			next = nettest.Answer(text, next)
		}
	}
	return next
}

// Echo answers everything with prefix, what was said, and a line end.
func Echo(prefix string) nettest.Conduct {
	return func(c net.Conn) {
		b := make([]byte, 4096)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			if _, err := c.Write([]byte(prefix + string(b[:n]) + "\r\n")); err != nil {
				return
			}
		}
	}
}

// Secretive checks that the probe of a server of this conduct fails without a
// word of the secrets.
func Secretive(tb nettest.TB, p healthcheck.Prober, conduct nettest.Conduct, secrets ...string) {
	tb.Helper()
	_, err := Ask(context.Background(), p, healthcheck.Target{Addr: nettest.Serve(tb, conduct)})
	if err == nil {
		tb.Fatalf("the server counts as healthy")
	}
	tb.Logf("%v", err)
	checkReason(tb, "secretive", err, secrets)
}

func checkReason(tb nettest.TB, server string, err error, secrets []string) {
	tb.Helper()
	reason := err.Error()
	if len(reason) > maxReason || strings.ContainsFunc(reason, func(r rune) bool { return !unicode.IsPrint(r) }) {
		tb.Errorf("%s: the reason is not fit for a status line: %q", server, reason)
	}
	if errors.Is(err, healthcheck.ErrLocal) {
		tb.Errorf("%s: counts as local trouble: %v", server, err)
	}
	for _, s := range secrets {
		if strings.Contains(reason, s) {
			tb.Errorf("%s: %q shows the secret %q", server, reason, s)
		}
	}
}

// Listening waits until something listens on each of the TCP addresses, or one
// of the programs has ended.
func Listening(tb nettest.TB, program *nettest.Process, addrs ...netip.AddrPort) {
	tb.Helper()
	for _, addr := range addrs {
		nettest.Eventually(tb, time.Minute, "something listens on "+addr.String(), func() error {
			select {
			case <-program.Done():
				tb.Fatalf("the program has ended: %s", program.Output())
			default:
			}
			c, err := net.Dial("tcp", addr.String())
			if err == nil {
				err = c.Close()
			}
			return err
		})
	}
}

// Dir returns a new directory that every user may read, unlike that of
// [testing.T.TempDir] alone, and all above it.
func Dir(tb nettest.TB, temp string) string {
	tb.Helper()
	if err := os.Chmod(filepath.Dir(temp), 0o755); err != nil {
		tb.Fatalf("%v", err)
	}
	return temp
}

// Write writes a file for a program, which every user may read.
func Write(tb nettest.TB, path, text string) string {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		tb.Fatalf("%v", err)
	}
	return path
}

// Command returns a program that prepares a server. One that PATH lacks is
// looked for where Debian keeps programs for root.
func Command(tb nettest.TB, name string, args ...string) *exec.Cmd {
	tb.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = filepath.Join("/usr/sbin", name)
	}
	return exec.Command(path, args...)
}

// Short returns a context for a probe of a server that does not answer.
func Short(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, timeout)
}
