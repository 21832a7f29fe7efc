package exchange

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/probetls"
	"github.com/ldirector/ldirector/internal/nettest"
	"github.com/ldirector/ldirector/internal/probetest"
)

func mustNew(t *testing.T, c Config) *Probe {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// ask probes a target that has all the time it needs.
func ask(t *testing.T, c Config, addr netip.AddrPort) (healthcheck.Result, error) {
	t.Helper()
	return probetest.Ask(t.Context(), mustNew(t, c), healthcheck.Target{Addr: addr})
}

// check fails the test unless err has the text, or is nil for "".
func check(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got %v, want success", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name   string
		config Config
		want   string
	}{
		{"nothing", Config{}, "nothing to send"},
		{"half close alone", Config{HalfClose: true}, "nothing to send"},
		{"lines of nothing", Config{Send: "x", Lines: true}, "nothing to expect in a line"},
		{"expression", Config{Expect: "("}, "expect: error parsing regexp"},
		{"too much", Config{Send: strings.Repeat("x", maxSend+1)}, "send has 65537 bytes: at most 65536"},
		{"TLS", Config{TLS: true, TLSConfig: probetls.Config{Key: "/key.pem"}}, "needs a client certificate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestExpect(t *testing.T) {
	tests := []struct {
		name    string
		config  Config
		conduct nettest.Conduct
		want    string
	}{
		{"greeting", Config{Expect: `^SSH-2\.0-`}, nettest.Say("SSH-2.0-x\r\n", nettest.Silent), ""},
		{"before the line ends", Config{Expect: `^SSH-2\.0-`}, nettest.Say("SSH-2.0-", nettest.Silent), ""},
		{"answer", Config{Send: "PING\r\n", Expect: `^\+PONG\r\n$`}, nettest.Answer("+PONG\r\n", nettest.Silent), ""},
		{"over lines", Config{Expect: `a\r\nb`}, nettest.Say("a\r\nb", nettest.Silent), ""},
		{"late in the answer", Config{Expect: "end"}, nettest.Say(strings.Repeat("x", 60_000)+"end", nettest.Silent), ""},
		{"match and close", Config{Send: "x", Expect: "end"}, nettest.Answer("end", nettest.Close), ""},
		{"no match", Config{Send: "x", Expect: "PONG"}, nettest.Say("-ERR\x1b go\r\naway\r\n", nettest.HalfClose), `answered "-ERR? go away" without a match`},
		{"no answer", Config{Expect: "PONG"}, nettest.HalfClose, "the server closed the connection without an answer"},
		{"too late in the answer", Config{Expect: "end"}, nettest.Say(strings.Repeat("x", maxAnswer)+"end", nettest.Silent), `answered 64 KiB without a match: "xxxx`},
		{"line", Config{Expect: "^ok$", Lines: true}, nettest.Say("no\nok\n", nettest.Silent), ""},
		{"not over lines", Config{Expect: `a\s*b`, Lines: true}, nettest.Say("a\nb\n", nettest.HalfClose), "without a match"},
		{"last line", Config{Expect: "^ok$", Lines: true}, nettest.Say("no\nok", nettest.HalfClose), ""},
		{"no line after the last", Config{Expect: "^$", Lines: true}, nettest.Say("ok\n", nettest.HalfClose), "without a match"},
		{"empty line", Config{Expect: "^$", Lines: true}, nettest.Say("a\n\n", nettest.HalfClose), ""},
		{"line with its end", Config{Expect: `ok\n`, Lines: true}, nettest.Say("ok\n", nettest.HalfClose), ""},
		{"carriage return", Config{Expect: "ok$", Lines: true}, nettest.Say("ok\r\n", nettest.HalfClose), "without a match"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ask(t, tt.config, nettest.Serve(t, tt.conduct))
			check(t, err, tt.want)
		})
	}
}

// reverseAll answers when the other side has ended what it says, as rev does.
func reverseAll(c net.Conn) {
	all, err := io.ReadAll(c)
	if err == nil {
		_, _ = c.Write(append(bytes.ToUpper(all), '\n'))
	}
}

func TestHalfClose(t *testing.T) {
	addr := nettest.Serve(t, reverseAll)
	_, err := ask(t, Config{Send: "hello", HalfClose: true, Expect: "^HELLO$", Lines: true}, addr)
	check(t, err, "")
}

func TestSendAlone(t *testing.T) {
	_, err := ask(t, Config{Send: strings.Repeat("x", maxSend)}, nettest.Serve(t, nettest.Silent))
	check(t, err, "")
	_, err = ask(t, Config{Send: "x"}, nettest.Serve(t, nettest.Flood("x", 1<<30)))
	check(t, err, "")
}

func TestSendToAServerThatResets(t *testing.T) {
	addr := nettest.Serve(t, nettest.Reset)
	p := mustNew(t, Config{Send: "x"})
	conn, err := healthcheck.Dial(t.Context(), healthcheck.Target{Addr: addr})
	if err == nil {
		defer conn.Close()
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Fatalf("got %d bytes and %v, want a reset", n, err)
		}
		_, err = p.Talk(t.Context(), conn, healthcheck.Target{Addr: addr}, healthcheck.Up)
	}
	if err == nil {
		t.Error("counts as healthy")
	}
}

func TestHostileServers(t *testing.T) {
	probetest.Survives(t, mustNew(t, Config{Send: "hello\r\n", Expect: "never"}), nil)
	probetest.Survives(t, mustNew(t, Config{Send: "hello\r\n", Expect: "never", Lines: true}), nil)
	probetest.Survives(t, mustNew(t, Config{TLS: true}), nil)
}

func TestDripIsNotSearchedAtEveryByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		go func() {
			for {
				if _, err := theirs.Write([]byte("x")); err != nil {
					return
				}
			}
		}()
		defer theirs.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		_, err := mustNew(t, Config{Expect: "never"}).Talk(ctx, ours, healthcheck.Target{}, healthcheck.Up)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
	})
}

// FuzzAnswer checks that it does not matter in which pieces an answer arrives.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte("no\nok\n"), uint8(3), true)
	f.Add([]byte("no\nok"), uint8(1), true)
	f.Add([]byte("oa\nka\n"), uint8(1), true)
	f.Add([]byte("\xff\x00ok"), uint8(200), false)
	f.Fuzz(func(t *testing.T, said []byte, piece uint8, lines bool) {
		p := mustNew(t, Config{Expect: "o[^a]|^k$", Lines: lines})
		judge := func(piece int) error {
			pieces := &script{said: said, piece: piece}
			return p.await(t.Context(), pieces)
		}
		if len(said) >= maxAnswer || piece == 0 || len(said)/int(piece) > hastyReads {
			return
		}
		whole, parts := judge(maxAnswer), judge(int(piece))
		// An early piece may end where the expression does.
		if whole == nil && parts != nil || lines && whole != nil && parts == nil {
			t.Errorf("as a whole %v, in pieces of %d %v", whole, piece, parts)
		}
	})
}

// A script is a server that says something in pieces and closes.
type script struct {
	net.Conn
	said  []byte
	piece int
}

func (s *script) Read(b []byte) (int, error) {
	if len(s.said) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.said[:min(s.piece, len(s.said))])
	s.said = s.said[n:]
	return n, nil
}
