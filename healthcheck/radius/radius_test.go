package radius_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/ldirector/ldirector/healthcheck"
	"github.com/ldirector/ldirector/healthcheck/radius"
	"github.com/ldirector/ldirector/internal/probetest"
)

var _ healthcheck.Prober = (*radius.Probe)(nil)

const secret = "xyzzy5461"

func newProbe(t testing.TB, c radius.Config) *radius.Probe {
	t.Helper()
	p, err := radius.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]radius.Config{
		"secret":       {Login: "a"},
		"passwd alone": {Secret: "s", Passwd: "x"},
		"long login":   {Secret: "s", Login: strings.Repeat("x", 254)},
		"long passwd":  {Secret: "s", Login: "a", Passwd: strings.Repeat("x", 129)},
	} {
		if _, err := radius.New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// answer returns an answer with these attributes to a question.
func answer(question []byte, code byte, signed bool, attributes string) []byte {
	if signed {
		attributes += "\x50\x12" + strings.Repeat("\x00", 16)
	}
	a := binary.BigEndian.AppendUint16([]byte{code, question[1]}, uint16(20+len(attributes)))
	a = append(a, question[4:20]...)
	a = append(a, attributes...)
	if signed {
		h := hmac.New(md5.New, []byte(secret))
		h.Write(a)
		copy(a[len(a)-16:], h.Sum(nil))
	}
	sum := md5.Sum(append(bytes.Clone(a), secret...))
	copy(a[4:20], sum[:])
	return a
}

// serve answers each question with the datagrams that f returns for it.
func serve(t *testing.T, f func(question []byte) [][]byte) healthcheck.Target {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 4096)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return // closed
			}
			for _, a := range f(b[:n]) {
				conn.WriteToUDPAddrPort(a, from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	return healthcheck.Target{Addr: netip.MustParseAddrPort(conn.LocalAddr().String())}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	login := radius.Config{Secret: secret, Login: "alice", Passwd: "sesame"}
	forge := func(a []byte, at int) []byte {
		a[at] ^= 1
		return a
	}
	for _, tt := range []struct {
		name   string
		config radius.Config
		f      func(q []byte) [][]byte
		want   string // reason; "" for up
	}{
		{"accept", login, func(q []byte) [][]byte { return [][]byte{answer(q, 2, false, "")} }, ""},
		{"accept, signed", login, func(q []byte) [][]byte { return [][]byte{answer(q, 2, true, "\x12\x03x")} }, ""},
		{"accept, padded", login, func(q []byte) [][]byte { return [][]byte{append(answer(q, 2, true, ""), 0, 0)} }, ""},
		{"reject", login, func(q []byte) [][]byte { return [][]byte{answer(q, 3, true, "\x12\x05no \x12\x05yet")} }, "Access-Reject: no yet"},
		{"reject tells", login, func(q []byte) [][]byte { return [][]byte{answer(q, 3, true, "\x12\x12sesame xyzzy5461")} }, "Access-Reject: *** ***"},
		{"challenge", login, func(q []byte) [][]byte { return [][]byte{answer(q, 11, true, "")} }, "Access-Challenge"},
		{"accounting", login, func(q []byte) [][]byte { return [][]byte{answer(q, 5, true, "")} }, "answer with code 5"},
		{"status of accounting", radius.Config{Secret: secret}, func(q []byte) [][]byte { return [][]byte{answer(q, 5, true, "")} }, ""},
		{"forged", login, func(q []byte) [][]byte { return [][]byte{forge(answer(q, 3, false, ""), 0)} }, "answer is not signed with our secret"},
		{"forged signature", login, func(q []byte) [][]byte { return [][]byte{forge(answer(q, 2, true, ""), 30)} }, "answer is not signed with our secret"},
		{"not ours", login, func(q []byte) [][]byte {
			return [][]byte{{}, []byte("x"), forge(answer(q, 3, true, ""), 1), answer(q, 3, true, "")[:30], forge(answer(q, 3, false, "\x12\x03x"), 21), answer(q, 3, false, "\x50\x03x"), answer(q, 2, true, "")}
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := probetest.Ask(t.Context(), newProbe(t, tt.config), serve(t, tt.f))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || err.Error() != tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	p := newProbe(t, radius.Config{Secret: secret})
	garbage := bytes.Repeat([]byte("garbage"), 100)
	for name, f := range map[string]func([]byte) [][]byte{
		"silent":  func([]byte) [][]byte { return nil },
		"garbage": func([]byte) [][]byte { return [][]byte{garbage} },
		"flood": func([]byte) [][]byte {
			all := make([][]byte, 100_000)
			for i := range all {
				all[i] = garbage
			}
			return all
		},
	} {
		if err := probetest.Fails(t, p, name, serve(t, f).Addr, secret); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
